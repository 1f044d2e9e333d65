//! How much: lists come in pages. A cursor is opaque to callers; within, it is the name after which the next page begins,
//! so a list that changes between two pages neither repeats nor skips what stayed.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Kind, Problem};
use crate::domain::limits;

/// Which page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paging {
    /// The name after which it begins, decoded; from the first where there is none.
    pub(super) after: Option<String>,
    /// How many items it has at most.
    pub(super) limit: usize,
}

/// A page as it is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many items, at most 250; 50 when not given.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 250, default = 50)]
    limit: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<PageQuery>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|err| Problem::new(&Kind::MALFORMED, err.body_text().to_lowercase()))?;
        query.check()
    }
}

impl PageQuery {
    fn check(self) -> Result<Paging, Problem> {
        let parse = |text: String| {
            let limit = text.parse().ok().filter(|limit| (1..=limits::PAGE_ROWS_MAX).contains(limit));
            let detail = || format!("limit `{text}` is not valid: use 1 to {}", limits::PAGE_ROWS_MAX);
            limit.ok_or_else(|| Problem::new(&Kind::MALFORMED, detail()))
        };
        let decode = |cursor: String| {
            let name = URL_SAFE_NO_PAD.decode(&cursor).ok().and_then(|name| String::from_utf8(name).ok());
            let detail = || format!("cursor `{cursor}` is not valid: use the `next` of the page before");
            name.ok_or_else(|| Problem::new(&Kind::MALFORMED, detail()))
        };
        let limit = self.limit.map_or(Ok(limits::PAGE_ROWS_USUAL), parse)?;
        Ok(Paging { after: self.after.map(decode).transpose()?, limit })
    }
}

impl Paging {
    /// Makes a page of items that come after `after`, each with the name that its cursor is made of. One item more than
    /// `limit` tells that there is another page.
    pub(super) fn page<T>(&self, items: impl IntoIterator<Item = (String, T)>) -> Listed<T> {
        let mut items = items.into_iter();
        let (mut page, mut last) = (Vec::new(), None);
        for (name, item) in items.by_ref().take(self.limit) {
            page.push(item);
            last = Some(name);
        }
        let next = items.next().and(last).map(|name| URL_SAFE_NO_PAD.encode(name));
        Listed { items: page, next }
    }

    /// Makes a page of a whole list, which is sorted by the names that its cursors are made of.
    pub(super) fn page_of_all<T>(&self, items: impl IntoIterator<Item = (String, T)>) -> Listed<T> {
        let is_before = |(name, _): &(String, T)| self.after.as_ref().is_some_and(|after| name <= after);
        self.page(items.into_iter().skip_while(is_before))
    }
}

/// One page of a list.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Where the next page begins; null at the end.
    pub(super) next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> impl Iterator<Item = (String, char)> {
        ('a'..='e').map(|letter| (letter.to_string(), letter))
    }

    #[test]
    fn pages_follow_one_another_until_the_end() {
        let (mut after, mut pages) = (None, Vec::new());
        loop {
            let paging = PageQuery { after, limit: Some("2".to_owned()) }.check().unwrap();
            let page = paging.page_of_all(letters());
            pages.push(page.items.into_iter().collect::<String>());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, ["ab", "cd", "e"]);
    }

    #[test]
    fn a_full_last_page_is_the_last() {
        let paging = Paging { after: None, limit: 5 };
        assert_eq!(paging.page_of_all(letters()).next, None);
    }

    #[test]
    fn a_page_that_cannot_be_is_refused() {
        for limit in ["0", "251", "many", ""] {
            assert!(PageQuery { after: None, limit: Some(limit.to_owned()) }.check().is_err(), "{limit}");
        }
        for after in ["not base64!", "_w"] {
            assert!(PageQuery { after: Some(after.to_owned()), limit: None }.check().is_err(), "{after}");
        }
    }
}
