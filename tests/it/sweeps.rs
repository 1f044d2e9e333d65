//! A question to many, while the server is killed again and again: each gets exactly one message.

use std::time::{Duration, UNIX_EPOCH};

use rekindle::domain::Timestamp;
use rekindle_tests::{SECRET, component_path, sign, text, track};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::process::{BOOTSTRAP_KEY, Server};

const PEOPLE: usize = 2_000;
/// They part the people: each kill comes when the next part was asked.
const KILLS: usize = 3;
/// From the publication to the moment: long enough to compile the campaign on an idle machine; on a busy one, twice that, and so on.
const AHEAD: Duration = Duration::from_secs(4);
const BEAT: Duration = Duration::from_millis(10);
/// A minute, and the time that the answers take.
const BEATS_MAX: usize = 6_000;

struct Shop {
    server: Server,
    key: String,
    http: Client,
}

impl Shop {
    /// With so many people who viewed a mug.
    async fn open() -> Self {
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let mut shop = Self { server: Server::start(), key: BOOTSTRAP_KEY.to_owned(), http };
        shop.key = text(&shop.call(Method::POST, "/v1/tenants", &json!({"name": "shop"})).await, "key");
        let source = json!({"name": "website", "secret": SECRET});
        let url = text(&shop.call(Method::POST, "/v1/sources", &source).await, "url");
        shop.call(Method::PUT, "/v1/items/mug", &json!({"price": 10})).await;
        let numbers: Vec<usize> = (0..PEOPLE).collect();
        for batch in numbers.chunks(500) {
            let viewed = |number: &usize| track(&name(*number), now(), "Product Viewed", json!({"product_id": "mug"}));
            let events: Vec<Value> = batch.iter().map(viewed).collect();
            let signature = sign(SECRET, &events[0].to_string());
            answer(shop.http.post(&url).header("x-signature", signature).json(&events)).await;
        }
        shop
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        answer(self.request(method, path).json(body)).await
    }

    /// A page of a list.
    async fn page(&self, list: &str, query: &str) -> Value {
        answer(self.request(Method::GET, &format!("/v1/{list}{query}"))).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url)).bearer_auth(&self.key)
    }

    async fn upload(&self, component: &str) -> String {
        let bytes = std::fs::read(component_path(component)).unwrap();
        text(&answer(self.request(Method::POST, "/v1/modules").body(bytes)).await, "module")
    }

    /// Whether it was published: a schedule whose moment is past by the time that the module is compiled is refused.
    async fn publish(&self, campaign: &str, (module, configuration): (&str, &Value)) -> bool {
        let path = format!("/v1/campaigns/{campaign}/publish");
        let body = json!({"module": module, "configuration": configuration});
        self.request(Method::POST, &path).json(&body).send().await.unwrap().status().is_success()
    }

    /// Waits until a list is so.
    async fn wait(&self, list: &str, is_so: impl Fn(&[Value]) -> bool) {
        for _ in 0..BEATS_MAX {
            let page = self.page(list, "?limit=1").await;
            if is_so(page["items"].as_array().unwrap()) {
                return;
            }
            sleep(BEAT).await;
        }
        panic!("waited for {list} in vain");
    }

    /// Kills the server while it asks, and looks who got a message.
    async fn everybody_gets_one_message(mut self) {
        let asked = |sweeps: &[Value]| sweeps.first().and_then(|sweep| sweep["asked"].as_u64()).unwrap_or_default();
        for part in 1..=KILLS {
            self.wait("sweeps", |sweeps| asked(sweeps) >= (PEOPLE * part / (KILLS + 1)) as u64).await;
            self.server.crash();
        }
        self.wait("sweeps", |sweeps| asked(sweeps) >= PEOPLE as u64 && sweeps[0]["state"] == "ended").await;
        self.wait("outbox", <[Value]>::is_empty).await;
        let (mut recipients, mut query) = (Vec::new(), "?limit=250".to_owned());
        loop {
            let page = self.page("messages", &query).await;
            recipients.extend(page["items"].as_array().unwrap().iter().map(|message| text(message, "profile")));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?limit=250&after={next}");
        }
        recipients.sort();
        assert!(recipients == (0..PEOPLE).map(name).collect::<Vec<_>>(), "{} messages", recipients.len());
    }
}

/// In the order of the alphabet.
fn name(number: usize) -> String {
    format!("p{number:04}")
}

fn now() -> Timestamp {
    Timestamp::from_millis(UNIX_EPOCH.elapsed().unwrap().as_millis().try_into().unwrap())
}

async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_schedule_asks_each_once_although_the_server_is_killed() {
    let shop = Shop::open().await;
    let module = shop.upload("herald").await;
    for attempt in 1..=5 {
        let moment = now().plus(AHEAD * 2_u32.pow(attempt - 1)).to_string();
        if shop.publish("herald", (&module, &json!({"schedule": {"at": moment[..19]}}))).await {
            return shop.everybody_gets_one_message().await;
        }
    }
    panic!("it should have been published");
}

#[tokio::test]
async fn a_price_that_drops_is_told_once_although_the_server_is_killed() {
    let shop = Shop::open().await;
    let module = shop.upload("bargain").await;
    assert!(shop.publish("bargain", (&module, &json!({}))).await);
    shop.call(Method::PUT, "/v1/items/mug", &json!({"price": 8})).await;
    shop.everybody_gets_one_message().await;
}
