//! A condition as a tree: what was checked when it was parsed needs no check when it is asked.

use std::time::Duration;

use serde_json::Value;

use crate::domain::{Subject, Timestamp};

/// Something that holds for a person at a moment, or does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub(super) root: Node,
    pub(super) nodes: usize,
}

impl Condition {
    /// How many conditions it is made of, itself among them: what asking it costs.
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Never empty.
    All(Vec<Node>),
    /// Never empty.
    Any(Vec<Node>),
    Not(Box<Node>),
    /// It is what the campaign is asked about now.
    Happening(Happening),
    /// The person did or received it.
    Happened {
        subject: Subject,
        since: Option<Since>,
        question: Question,
    },
    /// A value stands so to others.
    Compares {
        source: Source,
        comparison: Comparison,
    },
    /// Something, or one item, is in the cart, or is not.
    Cart {
        wanted: bool,
        has: Option<Operand>,
    },
    /// The person viewed an item.
    Viewed {
        item: Operand,
        since: Option<Since>,
    },
    /// Messages over that channel are welcome.
    Reachable(String),
    /// The person is in the audience of that name.
    InAudience(String),
}

/// What happens now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Happening {
    pub(super) subject: Subject,
    /// Over which channel the message came; any where there is none.
    pub(super) channel: Option<String>,
    /// The button, link or page; any where there is none.
    pub(super) detail: Option<String>,
}

/// From when on occurrences count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    Ago(Duration),
    At(Timestamp),
    /// The moment of what began the run.
    Trigger,
}

/// What is asked about occurrences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Question {
    Occurred(bool),
    Count(Order, f64),
    Last(Age),
}

/// How long ago something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    NewerThan(Duration),
    OlderThan(Duration),
}

/// How a number stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    MoreThan,
    AtLeast,
    LessThan,
    AtMost,
}

/// Where a value is found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// A trait of the person, and the place within it.
    Trait { name: String, pointer: String },
    /// In the event that the campaign is asked about now, as a JSON Pointer.
    Property(String),
    /// In what began the run, as a JSON Pointer.
    Trigger(String),
    /// An attribute of an item of the catalogue.
    Item { attribute: String, of: Box<Operand> },
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    Found(Source),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    Exists(bool),
    Equals(Operand),
    NotEquals(Operand),
    /// Never empty.
    In(Vec<Operand>),
    /// Never empty.
    NotIn(Vec<Operand>),
    /// A text holds a text, a list an element.
    Contains(Operand),
    StartsWith(Operand),
    EndsWith(Operand),
    Orders(Order, Operand),
    Before(Operand),
    After(Operand),
    Aged(Age),
}
