//! Templates: a letter with a loop, conditions and filters, rendered in the sandbox; and the same natively, which no tenant's template
//! is, because some would end the process.

use std::hint::black_box;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use rekindle::domain::{Json, Renderer, TextForm};
use rekindle::sandbox::Sandbox;
use serde_json::json;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::usage::cpu_us_each;

/// Some 1.5 KiB, as shops write them.
const LETTER: &str = include_str!("templates/letter.liquid");

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let (rounds, count) = (settings.extent.pick(3, 9), settings.extent.pick(500, 5_000));
    let component: PathBuf = settings.components.join("renderer.wasm");
    let renderer = Sandbox::new()?.renderer(component);
    let values = values();
    let (first, native) = (renderer.render(LETTER, TextForm::Html, &values)?, native(&values));
    ensure!(
        native.as_ref() == Ok(&(first.body.clone(), first.missing.len())),
        "both should write the same: {native:?}"
    );
    let rounds = |job: &mut dyn FnMut()| -> Vec<f64> {
        cpu_us_each(count / 10, &mut *job);
        (0..rounds).map(|_| cpu_us_each(count, &mut *job)).collect()
    };
    let rendered = rounds(&mut || drop(black_box(renderer.render(LETTER, TextForm::Html, &values))));
    let per_second = rendered.iter().map(|us| 1e6 / us).collect();
    let checked = rounds(&mut || drop(black_box(renderer.check(LETTER, TextForm::Html))));
    let empty = rounds(&mut || drop(black_box(renderer.check("", TextForm::Html))));
    let natively = rounds(&mut || drop(black_box(self::native(&values))));
    Ok(vec![
        Figure::of("template, fresh instance", "µs CPU", rendered),
        Figure::of("· in a second of a core", "renders", per_second),
        Figure::of("· reading it alone", "µs CPU", checked),
        Figure::of("· an empty template", "µs CPU", empty),
        Figure::of("· floor: native code", "µs CPU", natively),
    ])
}

fn native(values: &Json) -> Result<(String, usize), String> {
    let rendered = renderer::render(LETTER, renderer::Form::Html, values.as_str())?;
    Ok((rendered.body, rendered.missing.len()))
}

fn values() -> Json {
    let item = |name: &str, price: f64| json!({"name": name, "price": price, "url": "https://shop.example/p/7"});
    Json::from(&json!({
        "person": {"id": "u1", "first_name": "Ada", "plan": "gold"},
        "items": [item("Mug & saucer", 12.5), item("Teapot", 39.0), item("Spoon", 4.25)],
        "coupon": "TEA10", "ends": "2026-03-09T12:00:00Z", "now": "2026-03-02T08:00:00Z",
    }))
}
