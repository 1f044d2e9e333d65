//! What Americans and others write out, and Meta wants as codes: the states and territories of the United States by their ANSI
//! codes (ANSI INCITS 38), and the few names of countries that data about them is full of.

/// By name in lower case, without spaces.
const STATES: &[(&str, &str)] = &[
    ("alabama", "al"),
    ("alaska", "ak"),
    ("americansamoa", "as"),
    ("arizona", "az"),
    ("arkansas", "ar"),
    ("california", "ca"),
    ("colorado", "co"),
    ("connecticut", "ct"),
    ("delaware", "de"),
    ("districtofcolumbia", "dc"),
    ("florida", "fl"),
    ("georgia", "ga"),
    ("guam", "gu"),
    ("hawaii", "hi"),
    ("idaho", "id"),
    ("illinois", "il"),
    ("indiana", "in"),
    ("iowa", "ia"),
    ("kansas", "ks"),
    ("kentucky", "ky"),
    ("louisiana", "la"),
    ("maine", "me"),
    ("maryland", "md"),
    ("massachusetts", "ma"),
    ("michigan", "mi"),
    ("minnesota", "mn"),
    ("mississippi", "ms"),
    ("missouri", "mo"),
    ("montana", "mt"),
    ("nebraska", "ne"),
    ("nevada", "nv"),
    ("newhampshire", "nh"),
    ("newjersey", "nj"),
    ("newmexico", "nm"),
    ("newyork", "ny"),
    ("northcarolina", "nc"),
    ("northdakota", "nd"),
    ("northernmarianaislands", "mp"),
    ("ohio", "oh"),
    ("oklahoma", "ok"),
    ("oregon", "or"),
    ("pennsylvania", "pa"),
    ("puertorico", "pr"),
    ("rhodeisland", "ri"),
    ("southcarolina", "sc"),
    ("southdakota", "sd"),
    ("tennessee", "tn"),
    ("texas", "tx"),
    ("utah", "ut"),
    ("vermont", "vt"),
    ("virginia", "va"),
    ("virginislands", "vi"),
    ("washington", "wa"),
    ("washingtondc", "dc"),
    ("westvirginia", "wv"),
    ("wisconsin", "wi"),
    ("wyoming", "wy"),
];

/// The same for countries. `uk` is no code of ISO 3166-1.
const COUNTRIES: &[(&str, &str)] =
    &[("uk", "gb"), ("unitedkingdom", "gb"), ("unitedstates", "us"), ("unitedstatesofamerica", "us"), ("usa", "us")];

pub(super) fn state_code(name: &str) -> Option<&'static str> {
    code(STATES, name)
}

pub(super) fn country_code(name: &str) -> Option<&'static str> {
    code(COUNTRIES, name)
}

fn code(codes: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    codes.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}
