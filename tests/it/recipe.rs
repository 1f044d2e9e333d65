//! The recipe that all of this is for, with the providers that it is told with: who leaves a cart gets a push message through Braze; who does
//! not open it, an e-mail through Customer.io; who does not open that either joins an audience at Facebook, until they order. What became of
//! messages comes back through Segment and Customer.io's webhook, and Segment is told. Everything once, also where three of ten
//! requests to providers fail. `cargo xtask crash --recipe` kills the house meanwhile.

use std::time::Duration;

use rekindle_tests::emulators::{CustomerIo, Execution};
use rekindle_tests::recipe::{CAMPAIGN, Consequence, Flaw, Kept, Person, Providers, Step, Verdict, Word, judge};
use rekindle_tests::{House, Tenant};
use reqwest::Method;
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Each line waits longer than a message is tried.
const WAIT: &str = "5d";
/// Three lines, an order, and as long again for what is tried again and for what should not come.
const DAYS: u32 = 40;
/// More than Braze takes in one request.
const PEOPLE: usize = 75;

/// A shop, its people, and what they have yet to come to.
struct Play<'a> {
    house: &'a House,
    shop: Tenant<'a>,
    providers: Providers,
    people: Vec<Person>,
    /// How much of each provider's doings was acted on.
    seen: [usize; 3],
    later: Vec<(Execution, Consequence)>,
}

impl<'a> Play<'a> {
    async fn begin(house: &'a House, percent: u8, seed: u64) -> Self {
        let providers = Providers::open(percent, seed).await;
        let shop = house.tenant("shop").await;
        shop.publish(CAMPAIGN, json!({ "wait": WAIT })).await;
        for (path, document) in providers.channels().into_iter().chain(Providers::mappings()) {
            house.call(Method::PUT, path, &shop.key, Some(&document)).await;
        }
        let people: Vec<Person> = (0..PEOPLE).map(Person::new).collect();
        let events: Vec<Value> = people.iter().flat_map(|person| person.arrives(house.now())).collect();
        assert_eq!(shop.send_batch(&events).await.body["accepted"], events.len());
        Self { house, shop, providers, people, seen: [0; 3], later: Vec::new() }
    }

    async fn day(&mut self) {
        self.house.pass(DAY).await;
        for (done, consequence) in std::mem::take(&mut self.later) {
            self.tell(&consequence.word(&done, self.house.now())).await;
        }
        for (number, step) in [Step::Push, Step::Email, Step::Ads].into_iter().enumerate() {
            let done = self.providers.of(step).executions_from(self.seen[number]);
            self.seen[number] += done.len();
            for done in done {
                self.act_on(done).await;
            }
        }
    }

    async fn act_on(&mut self, done: Execution) {
        let person = Person::known_as(&done.order.person).expect("nobody else should be reached");
        let step = Step::of(&done).expect("providers should be asked for steps");
        for consequence in person.consequences(step) {
            match consequence.is_later() {
                true => self.later.push((done.clone(), consequence)),
                false => self.tell(&consequence.word(&done, self.house.now())).await,
            }
        }
    }

    async fn tell(&self, word: &Word) {
        match word {
            Word::Event(event) => assert_eq!(self.shop.send(event).await.body["accepted"], 1, "{event}"),
            Word::Report(report) => self.report(&report.to_string()).await,
        }
    }

    async fn report(&self, report: &str) {
        let mut request = self.house.client().post(self.house.url("/callbacks/shop/email")).body(report.to_owned());
        for (name, value) in CustomerIo::signature(report, self.house.now()) {
            request = request.header(name, value);
        }
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}: {report}");
    }

    async fn end(self) -> (Verdict, Providers, Vec<Person>) {
        assert_eq!(self.shop.list("/v1/outbox").await, [] as [Value; 0]);
        let kept = Kept::read(&self.shop.list("/v1/messages").await, &[]);
        let verdict = judge(&self.people, &self.providers, &kept);
        (verdict, self.providers, self.people)
    }
}

async fn play(percent: u8, seed: u64) -> (Verdict, Providers, Vec<Person>) {
    let house = House::open().await;
    let mut play = Play::begin(&house, percent, seed).await;
    for _ in 0..DAYS {
        play.day().await;
    }
    play.end().await
}

#[tokio::test]
async fn three_lines_reach_everybody_once_and_segment_is_told_once() {
    let (verdict, providers, people) = play(0, 1).await;
    assert_eq!(verdict.complaints, []);
    assert_eq!((verdict.repeated_after_loss, verdict.repeated_after_kill), (0, 0));
    let executed: Vec<_> = verdict.executed.into_iter().collect();
    assert_eq!(executed, [("braze", 60), ("customer-io", 45), ("facebook", 45)]);
    // That they were sent, and what Customer.io reports: each e-mail was delivered, and 15 of them opened.
    assert_eq!(verdict.told, 60 + 45 + 45 + 45 + 15);
    assert!(providers.braze.requests() < 10, "many people in one request");

    let strangers = judge(&people[..PEOPLE - 1], &providers, &Kept::default());
    assert!(strangers.count(Flaw::Invented) > 0 && strangers.count(Flaw::Lost) > 0, "a judge who knows less complains");
}

#[tokio::test]
async fn three_lines_reach_everybody_once_where_three_of_ten_requests_fail() {
    for seed in [1, 2] {
        let (verdict, providers, _) = play(30, seed).await;
        assert_eq!(verdict.complaints, [], "seed {seed}");
        assert!(verdict.repeated_after_loss > 0, "answers were lost");
        assert!(providers.customer_io.requests() > 45, "requests failed");
    }
}
