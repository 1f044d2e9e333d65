//! A tenant's client of a server: a question, an answer, and an error when the server refuses.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// A client of one server.
pub(crate) struct Client {
    address: String,
    http: reqwest::Client,
    runtime: Runtime,
}

impl Client {
    /// For the server at `address`, an `http://` URL.
    pub(crate) fn new(address: &str) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // No connection is kept: the server closes those that rest, and measurements have long rests.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build()?;
        Ok(Self { address: address.to_owned(), http, runtime })
    }

    /// The server's host and port.
    pub(crate) fn authority(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    pub(crate) fn get(&self, path: &str, key: &str) -> Result<String> {
        self.ask(self.request(Method::GET, path, key))
    }

    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        Ok(serde_json::from_str(&self.ask(self.request(Method::POST, path, key).json(body))?)?)
    }

    pub(crate) fn put(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        Ok(serde_json::from_str(&self.ask(self.request(Method::PUT, path, key).json(body))?)?)
    }

    pub(crate) fn upload(&self, key: &str, component: &[u8]) -> Result<Value> {
        let request = self.request(Method::POST, "/v1/modules", key).body(component.to_vec());
        Ok(serde_json::from_str(&self.ask(request)?)?)
    }

    fn request(&self, method: Method, path: &str, key: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address)).bearer_auth(key)
    }

    fn ask(&self, request: RequestBuilder) -> Result<String> {
        self.runtime.block_on(async {
            let response = request.send().await.context("the server did not answer")?;
            let (status, url) = (response.status(), response.url().clone());
            let text = response.text().await?;
            ensure!(status.is_success(), "{url}: {status}: {text}");
            Ok(text)
        })
    }
}
