//! Prices that change while people view things and turn out to be one, with kills anywhere: each is told of each change of what they
//! viewed, once, and at the most once who is on the way to another partition; and the index of who is interested in what says what the profiles say.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{ItemWord, Said, Teller, attributes};

const ITEMS: [&str; 2] = ["mug", "hat"];

/// What happens while prices change.
#[derive(Debug, Clone)]
enum Step {
    /// An item has a price from now on.
    Costs(usize, u32),
    /// A user turns out to have that device.
    Links(usize, usize),
    /// Somebody views an item, who may have before.
    Views(usize, usize),
    Turns(usize),
    Syncs(usize),
    Crashes,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let partition = || select(vec![0, 1, 2, 3]);
    let step = prop_oneof![
        4 => (0..ITEMS.len(), 1..4_u32).prop_map(|(item, price)| Step::Costs(item, price)),
        2 => (0..USERS.len(), 0..DEVICES.len()).prop_map(|(user, device)| Step::Links(user, device)),
        2 => (0..USERS.len(), 0..ITEMS.len()).prop_map(|(user, item)| Step::Views(user, item)),
        10 => partition().prop_map(Step::Turns),
        3 => partition().prop_map(Step::Syncs),
        2 => Just(Step::Crashes),
    ];
    prop::collection::vec(step, 0..60)
}

/// Says who was told of which change.
fn tells(context: &Context, cause: &Cause) -> Decision {
    let Cause::ItemChanged { change, .. } = cause else { return decision(Vec::new(), Vec::new()) };
    let text = |value: &Option<Json>| value.as_ref().map_or("nothing".to_owned(), |value| value.as_str().to_owned());
    let text = format!("{}|{} {} {}", context.profile, change.subject, text(&change.before), text(&change.after));
    let delivery = Delivery { channel: "push".into(), content: Json::from(&serde_json::Value::from(text)) };
    decision(vec![Instruction { step: "push".into(), deliveries: vec![delivery], expires: None }], Vec::new())
}

fn bargains() -> Enlisted {
    let enlisted = campaign("bargain", tells);
    let manifest =
        Manifest { triggers: vec![Trigger::ItemChanged("price".into())], ..Manifest::clone(&enlisted.manifest) };
    Enlisted { manifest: Arc::new(manifest), ..enlisted }
}

impl Hall {
    fn views(&mut self, who: Identities, item: &str) {
        self.events += 1;
        let profile = who.profile().unwrap();
        let mut inbound = conformance::event(profile.as_str(), &format!("m{}", self.events));
        let Substance::Event { event, profile } = &mut inbound.substance else { panic!("it should be an event") };
        *profile = who.profile().unwrap();
        (event.at, event.identities) = (self.clock.now(), who);
        let items = vec![(ItemId::parse(item).unwrap(), Attributes::new())];
        event.facts.items = Some(ItemFacts { deed: ItemDeed::Views, items });
        conformance::append(&self.store, vec![inbound]);
    }

    fn costs(&mut self, item: &str, price: u32) {
        self.events += 1;
        let word = ItemWord {
            id: MessageId::parse(&format!("m{}", self.events)).unwrap(),
            item: ItemId::parse(item).unwrap(),
            teller: Teller::Owner,
            at: self.clock.now(),
            said: Said::Is(attributes(&serde_json::json!({"price": price})).unwrap()),
        };
        let source = SourceId::parse("api").unwrap();
        let inbound = Inbound { tenant: shop(), source, substance: Substance::Item(word) };
        conformance::append(&self.store, vec![inbound]);
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Costs(item, price) => self.costs(ITEMS[*item], *price),
            Step::Links(user, device) => self.step(&super::Step::Links(*user, *device)),
            Step::Views(number, item) => self.views(user(USERS[*number]), ITEMS[*item]),
            Step::Turns(number) => self.step(&super::Step::Turns(*number)),
            Step::Syncs(number) => self.step(&super::Step::Syncs(*number)),
            Step::Crashes => self.step(&super::Step::Crashes),
        }
    }

    /// Who is interested in what, as the index says.
    fn indexed(&self) -> BTreeSet<(String, String)> {
        let page = |item: &str| Page { tenant: shop(), page: item.to_owned(), after: None };
        let rows = |item: &str| self.store.reports().rows(Book::Interests, &page(item), usize::MAX).unwrap();
        ITEMS.iter().flat_map(|item| rows(item)).map(|row| (row.key.page, row.key.id)).collect()
    }

    /// The same, as the profiles say.
    fn interests(&self) -> BTreeSet<(String, String)> {
        let mut interests = BTreeSet::new();
        for (id, record) in self.store.reports().profiles(&shop(), None, usize::MAX).unwrap() {
            let Kept::Person(person) = Kept::decode(&record).unwrap() else { continue };
            interests.extend(person.interests.all().map(|item| (item.to_string(), id.to_string())));
        }
        interests
    }
}

/// The changes that a row of prices makes, as they are told.
fn changes(steps: &[Step]) -> Vec<(usize, String)> {
    let mut prices = [0; ITEMS.len()];
    let mut changes = Vec::new();
    for step in steps {
        if let Step::Costs(item, price) = step
            && prices[*item] != *price
        {
            changes.push((*item, format!("{}/price {} {price}", ITEMS[*item], prices[*item])));
            prices[*item] = *price;
        }
    }
    changes
}

/// Whether somebody turned out to be somebody else meanwhile: who is on the way to another partition may miss a change.
fn has_moved(number: usize, steps: &[Step]) -> bool {
    steps
        .iter()
        .any(|step| matches!(step, Step::Links(user, device) if number == *user || number == USERS.len() + device))
}

fn check(hall: &mut Hall, steps: &[Step]) -> Result<(), TestCaseError> {
    ITEMS.iter().for_each(|item| hall.costs(item, 0));
    hall.settle();
    // The first user is interested in nothing yet, the others and their devices in the one, the other, or both.
    let interested = |number: usize, item: usize| number != 0 && (number == 1 || number % ITEMS.len() == item);
    for (number, who) in all_people().into_iter().enumerate() {
        (0..ITEMS.len()).filter(|item| interested(number, *item)).for_each(|item| hall.views(who.clone(), ITEMS[item]));
    }
    hall.settle();
    hall.sync();
    steps.iter().for_each(|step| hall.take(step));
    hall.settle();
    prop_assert_eq!(hall.indexed(), hall.interests());
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in hall.texts() {
        let (who, change) = text.split_once('|').unwrap();
        told.entry(who.to_owned()).or_default().push(change.to_owned());
    }
    let changes = changes(steps);
    for (number, who) in all_people().into_iter().enumerate() {
        let id = who.profile().unwrap();
        let (own, found) = (told.get(id.as_str()), told.get(hall.found(&id).as_str()));
        for (item, change) in changes.iter().filter(|(item, _)| interested(number, *item)) {
            let times = |told: Option<&Vec<String>>| {
                told.map_or(0, |told| told.iter().filter(|known| *known == change).count())
            };
            let expected = changes.iter().filter(|known| **known == (*item, change.clone())).count();
            let seen = times(own).max(times(found));
            prop_assert!(times(own) <= expected && times(found) <= expected, "{} was told twice: {}", id, change);
            prop_assert!(seen > 0 || has_moved(number, steps), "{} was not told: {}", id, change);
        }
    }
    Ok(())
}

#[test]
fn whatever_happens_meanwhile_everybody_is_told_of_each_change_once() {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner.run(&steps(), |steps| check(&mut Hall::new(&runtime, vec![bargains()]), &steps)).unwrap();
}

#[test]
fn each_of_many_is_told_once_with_kills_between_and_nobody_else_is() {
    let runtime = Runtime::new().unwrap();
    let mut hall = Hall::new(&runtime, vec![bargains()]);
    ITEMS.iter().for_each(|item| hall.costs(item, 10));
    (0..2_000).for_each(|number| hall.views(user(&format!("p{number:05}")), ITEMS[usize::from(number % 4 == 0)]));
    hall.settle();
    hall.sync();
    hall.costs("mug", 8);
    hall.costs("mug", 8);
    for round in 0..40 {
        (0..4).for_each(|number| {
            hall.turn(number);
        });
        if round % 3 == 0 {
            hall.workers[round % 4].partition.sync().unwrap();
        }
        if round % 5 == 4 {
            hall.step(&super::Step::Crashes);
        }
    }
    hall.settle();
    let messages = hall.messages();
    assert_eq!((messages.len(), messages.values().all(|count| *count == 1)), (1_500, true));
}

#[test]
fn a_change_too_many_is_missed_and_said_to_be() {
    let runtime = Runtime::new().unwrap();
    let mut hall = Hall::new(&runtime, vec![bargains()]);
    hall.costs("mug", 10);
    hall.views(user("u1"), "mug");
    hall.settle();
    let counts = |hall: &Hall| {
        let page = Page { tenant: shop(), page: fanout::count_key(&shop()).page, after: None };
        let rows = hall.store.reports().rows(Book::Sweeps, &page, 4).unwrap();
        rows.iter().map(|row| String::from_utf8(row.body.clone()).unwrap()).collect::<Vec<_>>()
    };
    for worker in &mut hall.workers {
        let row = Row { key: fanout::count_key(&shop()), body: limits::CHANGES_ASKED_MAX.to_string().into_bytes() };
        let rows_added = vec![(Book::Sweeps, row)];
        worker.partition.commit(Commit { rows_added, ..Commit::default() }).unwrap();
    }
    hall.costs("mug", 8);
    hall.settle();
    assert_eq!((hall.texts().len(), hall.reasons()), (0, vec!["too many changes are being asked about".to_owned()]));
    for worker in &mut hall.workers {
        let rows_removed = vec![(Book::Sweeps, fanout::count_key(&shop()))];
        worker.partition.commit(Commit { rows_removed, ..Commit::default() }).unwrap();
    }
    hall.costs("mug", 7);
    hall.settle();
    assert_eq!(hall.texts(), ["u1|mug/price 8 7"]);
    assert_eq!(counts(&hall), Vec::<String>::new(), "none is open any more");
}
