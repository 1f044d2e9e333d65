//! Which tags, blocks and filters there are: the library's, but for what reads other templates, each in the manner of this house.

use liquid_core::{Language, ParseBlock, ParseFilter, ParseTag};
use liquid_lib::stdlib;

use crate::date::Date;
use crate::echo::{EchoTag, Escaped, TextTag};
use crate::filters::{Forgiving, RawFilter};
use crate::lenient::Leniently;

/// All of it.
pub(crate) fn language() -> Language {
    let mut language = Language::empty();
    for tag in tags() {
        language.tags.register(tag.reflection().tag().to_owned(), Box::new(Leniently(tag)));
    }
    for block in blocks() {
        language.blocks.register(block.reflection().start_tag().to_owned(), Box::new(Leniently(block)));
    }
    for filter in filters() {
        language.filters.register(filter.reflection().name().to_owned(), filter);
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

fn blocks() -> [Box<dyn ParseBlock>; 9] {
    [
        Box::new(stdlib::RawBlock),
        Box::new(stdlib::IfBlock),
        Box::new(stdlib::UnlessBlock),
        Box::new(stdlib::IfChangedBlock),
        Box::new(stdlib::ForBlock),
        Box::new(stdlib::TableRowBlock),
        Box::new(stdlib::CommentBlock),
        Box::new(stdlib::CaptureBlock),
        Box::new(stdlib::CaseBlock),
    ]
}

fn filters() -> [Box<dyn ParseFilter>; 49] {
    [
        Box::new(RawFilter),
        Box::new(Date),
        Box::new(Forgiving(Box::new(stdlib::Default))),
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
