//! A person as a row of a custom audience: which columns there are, how Meta wants their values to be written, and their
//! hashes. Pure, and alone in knowing this.
//!
//! Sources: Meta, "Customer Information Parameters" (January 2026: all of the rules below, and the examples) and "Custom
//! Audiences", "Hashing and Normalizing Data" (`MADID`, `EXTERN_ID`, `DOBY` to `DOBD`). Where Segment's own destination writes
//! something else (segmentio/action-destinations, `facebook-custom-audiences/sync/functions.ts`), `docs/channels/facebook.md`
//! says why this does not.
//!
//! What cannot be written as Meta wants it is left empty, as a missing value is: it would match nobody, and the row's other
//! columns still match. Not confirmed: whether blanks within a name count. Meta takes them out of cities by name, and says
//! nothing of names.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use serde_json::{Map, Value};

use super::regions;
use crate::channels::Message;
use crate::channels::ads::{digest, email};

/// What the columns of one row say of each other.
pub(super) struct Circumstances {
    /// The person's country, as it is written; empty where it is not known.
    country: String,
    /// The day, as `2026-01-02…`: nobody is born later.
    today: String,
}

/// A column: Meta's name for it, where its value comes from, and how that is written.
struct Column {
    name: &'static str,
    source: Source,
    form: Form,
    write: fn(&str, &Circumstances) -> String,
}

enum Source {
    UserId,
    Email,
    Phone,
    /// A member of the content's `facebook`.
    Content(&'static str),
}

enum Form {
    Plain,
    Hashed,
}

const fn plain(name: &'static str, source: Source, write: fn(&str, &Circumstances) -> String) -> Column {
    Column { name, source, form: Form::Plain, write }
}

const fn hashed(name: &'static str, source: Source, write: fn(&str, &Circumstances) -> String) -> Column {
    Column { name, source, form: Form::Hashed, write }
}

const COLUMNS_COUNT: usize = 15;

/// A row's columns, in order.
static COLUMNS: [Column; COLUMNS_COUNT] = [
    plain("EXTERN_ID", Source::UserId, |text, _| own_id(text)),
    hashed("EMAIL", Source::Email, |text, _| email(text)),
    hashed("PHONE", Source::Phone, |text, _| phone(text)),
    hashed("DOBY", Source::Content("birth_year"), year),
    hashed("DOBM", Source::Content("birth_month"), |text, _| month(text)),
    hashed("DOBD", Source::Content("birth_day"), |text, _| day(text)),
    hashed("LN", Source::Content("last_name"), |text, _| name(text)),
    hashed("FN", Source::Content("first_name"), |text, _| name(text)),
    hashed("FI", Source::Content("first_initial"), |text, _| initial(text)),
    hashed("GEN", Source::Content("gender"), |text, _| gender(text)),
    hashed("CT", Source::Content("city"), |text, _| letters(text)),
    hashed("ST", Source::Content("state"), state),
    hashed("ZIP", Source::Content("zip"), zip),
    hashed("COUNTRY", Source::Content("country"), |text, _| country(text)),
    plain("MADID", Source::Content("mobile_advertiser_id"), |text, _| lower(text)),
];

/// By these columns Meta knows one person from another.
const IDENTIFYING: [&str; 4] = ["EXTERN_ID", "EMAIL", "PHONE", "MADID"];

/// The names of a row's columns, in order.
pub(super) fn schema() -> [&'static str; COLUMNS_COUNT] {
    COLUMNS.each_ref().map(|column| column.name)
}

/// A person, as Meta is told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row([String; COLUMNS_COUNT]);

impl Row {
    /// Writes a message's person, with what the content's `facebook` adds; the error says what is wrong with that.
    pub(super) fn of(message: &Message, details: &Map<String, Value>) -> Result<Self, String> {
        check_members(details)?;
        let written_country = texted(details, "country")?.unwrap_or_default();
        let circumstances = Circumstances::new(&written_country, message.at.to_string());
        let mut cells = [const { String::new() }; COLUMNS_COUNT];
        for (cell, column) in cells.iter_mut().zip(&COLUMNS) {
            let value: Option<Cow<'_, str>> = match column.source {
                Source::UserId => message.user_id.as_deref().map(Cow::from),
                Source::Email => message.addresses.email.as_deref().map(Cow::from),
                Source::Phone => message.addresses.phone.as_deref().map(Cow::from),
                Source::Content(member) => texted(details, member)?.map(Cow::from),
            };
            *cell = value.map(|value| column.cell(&value, &circumstances)).unwrap_or_default();
        }
        Ok(Self(cells))
    }

    /// Its cells, in the columns' order.
    pub(super) fn cells(&self) -> &[String; COLUMNS_COUNT] {
        &self.0
    }

    /// What tells this person from another: columns and their cells, those that are empty left out.
    pub(super) fn identifiers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let cells = COLUMNS.iter().zip(&self.0).map(|(column, cell)| (column.name, cell.as_str()));
        cells.filter(|(name, cell)| !cell.is_empty() && IDENTIFYING.contains(name))
    }
}

impl Circumstances {
    pub(super) fn new(written_country: &str, today: String) -> Self {
        Self { country: country(&composed(written_country)), today }
    }
}

impl Column {
    fn cell(&self, value: &str, circumstances: &Circumstances) -> String {
        match self.form {
            Form::Plain => (self.write)(value, circumstances),
            Form::Hashed if is_digest(value.trim()) => value.trim().to_lowercase(),
            Form::Hashed => match (self.write)(&composed(value), circumstances) {
                written if written.is_empty() => written,
                written => digest(&written),
            },
        }
    }
}

fn check_members(details: &Map<String, Value>) -> Result<(), String> {
    let members = || COLUMNS.iter().filter_map(|column| column.source.member());
    match details.keys().all(|key| members().any(|member| member == key)) {
        true => Ok(()),
        false => {
            let known: Vec<_> = members().map(|member| format!("`{member}`")).collect();
            Err(format!("the content's `facebook` has a member that is not known: use {}", known.join(", ")))
        }
    }
}

impl Source {
    fn member(&self) -> Option<&'static str> {
        match self {
            Self::Content(member) => Some(member),
            Self::UserId | Self::Email | Self::Phone => None,
        }
    }
}

/// A member's text, or its number as text; none where it is missing or null.
fn texted(details: &Map<String, Value>, member: &str) -> Result<Option<String>, String> {
    match details.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("the content's `{member}` in `facebook` should be a text or a number")),
    }
}

/// Whether somebody hashed it already.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The same letters have the same bytes, however a keyboard or a file system wrote them: Meta's examples are composed.
fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// A user id goes as it is, so that rows that Segment sent are found again. One that is an address goes as its hash: Meta is not
/// to be told addresses.
fn own_id(text: &str) -> String {
    if text.contains('@') { digest(&email(text)) } else { text.to_owned() }
}

/// "Remove symbols, letters, and any leading zeros", with the country's code in front: so E.164 without its sign.
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// "The YYYY format from 1900 to current year".
fn year(text: &str, circumstances: &Circumstances) -> String {
    let year = text.trim();
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    match is_year && year >= "1900" && year <= circumstances.today.as_str() {
        true => year.to_owned(),
        false => String::new(),
    }
}

/// "The MM format: 01 to 12", of a number or of a month's English name.
fn month(text: &str) -> String {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let written = lower(text);
    let is_named = |name: &str| written == name || (written.len() == 3 && name.starts_with(&written));
    match NAMES.iter().position(|name| is_named(name)) {
        Some(at) => format!("{:02}", at + 1),
        None => two_digits(&written, 12),
    }
}

/// "The DD format: 01 to 31".
fn day(text: &str) -> String {
    two_digits(text.trim(), 31)
}

fn two_digits(text: &str, max: u8) -> String {
    let is_short = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u8>() {
        Ok(number) if is_short && (1..=max).contains(&number) => format!("{number:02}"),
        _ => String::new(),
    }
}

/// "Lowercase only with no punctuation", and letters of every alphabet.
fn name(text: &str) -> String {
    let is_kept = |letter: &char| !GeneralCategoryGroup::Punctuation.contains(category(*letter));
    let kept: String = text.to_lowercase().chars().filter(is_kept).collect();
    kept.trim().to_owned()
}

/// "Use all lowercase, keep hyphens."
fn lower(text: &str) -> String {
    text.trim().to_lowercase()
}

fn initial(text: &str) -> String {
    name(text).chars().next().map(String::from).unwrap_or_default()
}

/// "An initial in lowercase": `f` or `m`, of these and of the words that Segment takes for them. Meta knows no other.
fn gender(text: &str) -> String {
    match lower(text).as_str() {
        "f" | "female" | "woman" | "girl" => "f".to_owned(),
        "m" | "male" | "man" | "boy" => "m".to_owned(),
        _ => String::new(),
    }
}

/// "Lowercase only with no punctuation, no special characters, and no spaces": letters, with the marks that belong to them, and
/// digits. Those of every alphabet: "If using special characters, the text must be encoded in UTF-8".
fn letters(text: &str) -> String {
    const KEPT: GeneralCategoryGroup =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Number);
    text.to_lowercase().chars().filter(|letter| KEPT.contains(category(*letter))).collect()
}

/// "The 2-character ANSI abbreviation code in lowercase"; outside of the United States, as cities are.
fn state(text: &str, circumstances: &Circumstances) -> String {
    let state = letters(text);
    match circumstances.is_perhaps_american() {
        true => regions::state_code(&state).map(str::to_owned).unwrap_or(state),
        false => state,
    }
}

/// "Lowercase with no spaces and no dash. Use only the first 5 digits for U.S. zip codes."
fn zip(text: &str, circumstances: &Circumstances) -> String {
    let code = letters(text);
    let digits = code.bytes().take_while(u8::is_ascii_digit).count();
    // Nine digits are ZIP+4, and nobody else's.
    let is_american = circumstances.country == "us" || (circumstances.is_perhaps_american() && code.len() == 9);
    match is_american && digits == code.len() && digits >= 5 {
        true => code[..5].to_owned(),
        false => code,
    }
}

/// "The lowercase, 2-letter country codes in ISO 3166-1 alpha-2".
fn country(text: &str) -> String {
    let country = letters(text);
    match regions::country_code(&country) {
        Some(code) => code.to_owned(),
        None if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_lowercase()) => country,
        None => String::new(),
    }
}

impl Circumstances {
    fn is_perhaps_american(&self) -> bool {
        matches!(self.country.as_str(), "" | "us")
    }
}

fn category(letter: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(letter)
}

#[cfg(test)]
impl Row {
    /// A cell by its column's name.
    pub(super) fn cell_of(column: &str, value: &str, circumstances: &Circumstances) -> String {
        let column = COLUMNS.iter().find(|known| known.name == column).expect("the column should be known");
        column.cell(value, circumstances)
    }
}
