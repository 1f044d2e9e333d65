//! The binding to `wit/renderer@0`, in WebAssembly.

mod bindings {
    //! What the WIT says, generated.

    wit_bindgen::generate!({
        path: "../../wit/renderer@0",
        world: "renderer",
    });
}

use bindings::exports::rekindle::renderer::templates::{Form, Guest, Rendered};

struct Component;

impl Guest for Component {
    fn check(template: String, form: Form) -> Result<Vec<String>, String> {
        crate::check(&template, form.into())
    }

    fn render(template: String, form: Form, values: String) -> Result<Rendered, String> {
        let crate::Rendered { head, body, missing } = crate::render(&template, form.into(), &values)?;
        Ok(Rendered { head, body, missing })
    }
}

impl From<Form> for crate::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Html => Self::Html,
            Form::Text => Self::Text,
        }
    }
}

mod exported {
    #![expect(unsafe_code, reason = "generated")]

    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
