//! Templates on their way to a provider: where a message's content names one that its tenant keeps, the content's texts are rendered
//! first, and the provider gets them as if the campaign had written them. Any other name is the provider's own template.

use std::collections::HashMap;
use std::sync::Arc;

use super::layout::{TEMPLATE, object};
use super::{Channel, Delivering, Layout, Message, Occasion, Press, Receipt};
use crate::domain::{Json, KnownBy, RenderError};

/// A channel with its tenant's templates.
pub struct Templated {
    channel: Arc<dyn Channel>,
    layout: Layout,
    templates: HashMap<String, Arc<str>>,
    press: Press,
}

impl Templated {
    /// A channel's templates, by name.
    pub fn new(channel: Arc<dyn Channel>, layout: Layout, templates: HashMap<String, Arc<str>>, press: Press) -> Self {
        Self { channel, layout, templates, press }
    }

    fn template(&self, content: &Json) -> Option<&Arc<str>> {
        self.templates.get(object(content).get(TEMPLATE)?.as_str()?)
    }

    async fn deliver_rendered(&self, template: &Arc<str>, message: &Message) -> Receipt {
        let (template, values) = ((Arc::clone(template), self.layout.form), Occasion::of(message).values());
        match self.press.render(&message.tenant, template, values).await {
            Ok(mut rendered) => {
                let missing = std::mem::take(&mut rendered.missing);
                let content = self.layout.fill(&message.content, rendered);
                noting(self.channel.deliver(&Message { content, ..message.clone() }).await, &missing)
            }
            Err(RenderError::Template(reason)) => Receipt::Refused { reason },
            Err(RenderError::Unavailable(reason)) => Receipt::Retry { reason, after: None },
        }
    }
}

impl Channel for Templated {
    fn provider(&self) -> &'static str {
        self.channel.provider()
    }

    fn knows_people_by(&self) -> KnownBy {
        self.channel.knows_people_by()
    }

    fn under_way_max(&self) -> usize {
        self.channel.under_way_max()
    }

    fn wants_traits(&self, content: &Json) -> bool {
        self.template(content).is_some()
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        match self.template(&message.content) {
            Some(template) => Box::pin(self.deliver_rendered(template, message)),
            None => self.channel.deliver(message),
        }
    }
}

/// What the template asked for and was not there, said with what the provider said.
fn noting(receipt: Receipt, missing: &[String]) -> Receipt {
    if missing.is_empty() {
        return receipt;
    }
    let missing = format!("the template found nothing for `{}`", missing.join("`, `"));
    let with = |note: Option<String>| Some(note.map_or_else(|| missing.clone(), |note| format!("{note}; {missing}")));
    match receipt {
        Receipt::Accepted { note } => Receipt::Accepted { note: with(note) },
        Receipt::Partly { gone, note } => Receipt::Partly { gone, note: with(note) },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Value, json};
    use tokio::sync::Barrier;

    use super::*;
    use crate::channels::{conformance, layout};
    use crate::domain::{Rendered, Renderer, TextForm};

    /// Says what it is given as values, unless the template is one of two words; counts who is inside.
    #[derive(Default)]
    struct Echoing {
        inside: AtomicUsize,
        most: AtomicUsize,
    }

    impl Renderer for Echoing {
        fn check(&self, _: &str, _: TextForm) -> Result<Vec<String>, RenderError> {
            Ok(vec!["subject".to_owned(), "title".to_owned()])
        }

        fn render(&self, template: &str, _: TextForm, values: &Json) -> Result<Rendered, RenderError> {
            self.most.fetch_max(self.inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(1));
            self.inside.fetch_sub(1, Ordering::SeqCst);
            match template {
                "wrong" => Err(RenderError::Template("it is wrong".to_owned())),
                "nobody" => Err(RenderError::Unavailable("nobody renders".to_owned())),
                _ => {
                    let head = vec![("subject".to_owned(), template.to_owned())];
                    Ok(Rendered { head, body: values.as_str().to_owned(), missing: vec!["a.b".to_owned()] })
                }
            }
        }
    }

    /// Keeps what it was given.
    #[derive(Default)]
    struct Keeping(Mutex<Vec<Message>>);

    impl Channel for Keeping {
        fn provider(&self) -> &'static str {
            "keeping"
        }

        fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
            self.0.lock().unwrap().push(message.clone());
            Box::pin(std::future::ready(Receipt::Accepted { note: Some("taken".to_owned()) }))
        }
    }

    fn templated(channel: &Arc<Keeping>, renderer: &Arc<Echoing>) -> Templated {
        let renderer: Arc<dyn Renderer> = Arc::<Echoing>::clone(renderer);
        let templates = ["cart", "wrong", "nobody"].map(|name| (name.to_owned(), Arc::from(name)));
        Templated::new(Arc::<Keeping>::clone(channel), layout("email"), templates.into(), Press::new(renderer))
    }

    fn message(content: &Value) -> Message {
        let traits = Some(Json::from(&json!({"plan": "gold", "id": "not this"})));
        Message { content: Json::from(content), traits, ..conformance::message(1) }
    }

    #[tokio::test]
    async fn a_template_takes_its_place_in_the_content_and_what_was_missing_is_noted() {
        let (channel, renderer) = (Arc::default(), Arc::default());
        let templated = templated(&channel, &renderer);
        let content = json!({"template": "cart", "data": {"n": 1, "step": "no"}, "body": "words", "subject": "s"});
        assert!(templated.wants_traits(&Json::from(&content)));
        let receipt = templated.deliver(&message(&content)).await;
        let note = "taken; the template found nothing for `a.b`".to_owned();
        assert_eq!(receipt, Receipt::Accepted { note: Some(note) });
        let given = channel.0.lock().unwrap()[0].content.value();
        assert_eq!(
            (&given["subject"], &given["body"], &given["data"]),
            (&json!("cart"), &json!("words"), &Value::Null)
        );
        let values: Value = serde_json::from_str(given["html"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&values["n"], &values["step"], &values["person"]["plan"]),
            (&json!(1), &json!("push"), &json!("gold"))
        );
        assert_ne!(values["person"]["id"], "not this");
    }

    #[tokio::test]
    async fn what_is_no_template_of_the_tenants_passes_as_it_is() {
        let (channel, renderer) = (Arc::default(), Arc::default());
        let templated = templated(&channel, &renderer);
        for content in [json!({"template": "d-1"}), json!({"template": 7}), json!({}), json!([])] {
            assert!(!templated.wants_traits(&Json::from(&content)));
            templated.deliver(&message(&content)).await;
            assert_eq!(channel.0.lock().unwrap().last().unwrap().content.value(), content);
        }
    }

    #[tokio::test]
    async fn a_template_that_is_wrong_refuses_its_message_and_a_server_without_a_renderer_delays_it() {
        let (channel, renderer) = (Arc::default(), Arc::default());
        let templated = templated(&channel, &renderer);
        let refused = templated.deliver(&message(&json!({"template": "wrong"}))).await;
        assert_eq!(refused, Receipt::Refused { reason: "it is wrong".to_owned() });
        let delayed = templated.deliver(&message(&json!({"template": "nobody"}))).await;
        assert_eq!(delayed, Receipt::Retry { reason: "nobody renders".to_owned(), after: None });
        assert!(channel.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_tenant_has_one_template_rendered_at_a_time() {
        let (channel, renderer) = (Arc::default(), Arc::default());
        let templated = Arc::new(templated(&channel, &renderer));
        let start = Arc::new(Barrier::new(20));
        let deliveries = (0..20).map(|_| {
            let (templated, start) = (Arc::clone(&templated), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                templated.deliver(&message(&json!({"template": "cart"}))).await
            })
        });
        for delivery in deliveries.collect::<Vec<_>>() {
            delivery.await.unwrap();
        }
        assert_eq!(channel.0.lock().unwrap().len(), 20);
        assert_eq!(renderer.most.load(Ordering::SeqCst), 1);
    }
}
