//! Which tags, blocks and filters there are: the library's, each in the manner of this house. Not those that read other templates, and not
//! those that write HTML of their own (`tablerow`) or again (`ifchanged`).

use liquid_core::{Language, ParseBlock, ParseFilter, ParseTag};
use liquid_lib::stdlib;

use crate::date::Date;
use crate::echo::{EchoTag, Escaped, TextTag};
use crate::filters::{Around, RawFilter, forgiving, yielding};
use crate::lenient::Leniently;

/// All of it.
pub(crate) fn language() -> Language {
    let mut language = Language::empty();
    for inner in tags() {
        language.tags.register(inner.reflection().tag().to_owned(), Box::new(Leniently { inner, notes: true }));
    }
    for inner in blocks() {
        language.blocks.register(inner.reflection().start_tag().to_owned(), Box::new(Leniently { inner, notes: true }));
    }
    for inner in questions() {
        language
            .blocks
            .register(inner.reflection().start_tag().to_owned(), Box::new(Leniently { inner, notes: false }));
    }
    for filter in filters_of_ours() {
        language.filters.register(filter.reflection().name().to_owned(), filter);
    }
    for filter in filters() {
        let name = filter.reflection().name().to_owned();
        language.filters.register(name, Box::new(Around { filter, evaluate: yielding }));
    }
    language
}

fn tags() -> [Box<dyn ParseTag>; 8] {
    [
        Box::new(EchoTag),
        Box::new(TextTag),
        Box::new(Escaped(Box::new(stdlib::CycleTag))),
        Box::new(stdlib::AssignTag),
        Box::new(stdlib::BreakTag),
        Box::new(stdlib::ContinueTag),
        Box::new(stdlib::IncrementTag),
        Box::new(stdlib::DecrementTag),
    ]
}

fn blocks() -> [Box<dyn ParseBlock>; 4] {
    [
        Box::new(stdlib::ForBlock),
        Box::new(stdlib::CaptureBlock),
        // Gone before the library reads, but where it says what is wrong with a text.
        Box::new(stdlib::RawBlock),
        Box::new(stdlib::CommentBlock),
    ]
}

/// Those that ask whether something is there.
fn questions() -> [Box<dyn ParseBlock>; 3] {
    [Box::new(stdlib::IfBlock), Box::new(stdlib::UnlessBlock), Box::new(stdlib::CaseBlock)]
}

fn filters_of_ours() -> [Box<dyn ParseFilter>; 3] {
    [Box::new(RawFilter), Box::new(Date), Box::new(Around { filter: Box::new(stdlib::Default), evaluate: forgiving })]
}

fn filters() -> [Box<dyn ParseFilter>; 46] {
    [
        Box::new(stdlib::Abs),
        Box::new(stdlib::Append),
        Box::new(stdlib::AtLeast),
        Box::new(stdlib::AtMost),
        Box::new(stdlib::Capitalize),
        Box::new(stdlib::Ceil),
        Box::new(stdlib::Compact),
        Box::new(stdlib::Concat),
        Box::new(stdlib::DividedBy),
        Box::new(stdlib::Downcase),
        Box::new(stdlib::Escape),
        Box::new(stdlib::EscapeOnce),
        Box::new(stdlib::First),
        Box::new(stdlib::Floor),
        Box::new(stdlib::Join),
        Box::new(stdlib::Last),
        Box::new(stdlib::Lstrip),
        Box::new(stdlib::Map),
        Box::new(stdlib::Minus),
        Box::new(stdlib::Modulo),
        Box::new(stdlib::NewlineToBr),
        Box::new(stdlib::Plus),
        Box::new(stdlib::Prepend),
        Box::new(stdlib::Remove),
        Box::new(stdlib::RemoveFirst),
        Box::new(stdlib::Replace),
        Box::new(stdlib::ReplaceFirst),
        Box::new(stdlib::Reverse),
        Box::new(stdlib::Round),
        Box::new(stdlib::Rstrip),
        Box::new(stdlib::Size),
        Box::new(stdlib::Slice),
        Box::new(stdlib::Sort),
        Box::new(stdlib::SortNatural),
        Box::new(stdlib::Split),
        Box::new(stdlib::Strip),
        Box::new(stdlib::StripHtml),
        Box::new(stdlib::StripNewlines),
        Box::new(stdlib::Times),
        Box::new(stdlib::Truncate),
        Box::new(stdlib::TruncateWords),
        Box::new(stdlib::Uniq),
        Box::new(stdlib::Upcase),
        Box::new(stdlib::UrlDecode),
        Box::new(stdlib::UrlEncode),
        Box::new(stdlib::Where),
    ]
}
