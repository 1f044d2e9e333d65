//! Abandoned cart, in three lines of defence: a push with the cart's content and a coupon; if it was
//! received and not opened, an e-mail; if that was delivered and not opened, an advertising audience,
//! which the person leaves with the next order.
//!
//! The recipe, as Segment's documentation tells it, with what it leaves open decided as follows:
//!   - *Product Added* begins a run. Another one, at any stage, restarts the wait of the pending step,
//!     and the next message speaks of all that is in the cart. *Product Removed* takes out again; an
//!     empty cart ends the run.
//!   - The second and third line wait for the earlier message to be **received**. A message that was
//!     never received leads nowhere; another *Product Added* tries the same line again.
//!   - A message opened or clicked ends the run: the person came back. What machines open (mail
//!     privacy, link scanners) does not count. A later *Product Added* begins a new run.
//!   - *Order Completed* closes what was in the cart at that time, by the events' times and not by
//!     their arrival. A *Product Added* that is late, from before an order, begins nothing.
//!
//! `cart` knows what is in the cart, `run` where the person stands, `lines` what each line says.

mod cart;
mod configuration;
mod lines;
mod run;
mod template;

use rekindle_guest::{Campaign, Cause, Context, Decision, EngagementKind, Error, Manifest, Target};

pub use crate::configuration::Configuration;
use crate::lines::{ADS_REMOVE, Line};
pub use crate::run::State;

/// The event that begins a run.
const PRODUCT_ADDED: &str = "Product Added";
/// The event that takes out of the cart.
const PRODUCT_REMOVED: &str = "Product Removed";
/// The event that ends a run.
const ORDER_COMPLETED: &str = "Order Completed";

/// The campaign, as a tenant configured it.
#[derive(Debug)]
pub struct ThreeLines {
    configuration: Configuration,
}

impl Campaign for ThreeLines {
    type Configuration = Configuration;
    type State = State;

    fn configure(configuration: Configuration) -> Result<Self, Error> {
        configuration.check_coupon()?;
        Ok(Self { configuration })
    }

    fn manifest(&self) -> Manifest {
        let manifest = Manifest::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "abandoned cart: a push, then an e-mail, then an ads audience, until the person orders",
        )
        .on_event(PRODUCT_ADDED)
        .on_event(PRODUCT_REMOVED)
        .on_event(ORDER_COMPLETED)
        .on_engagement(EngagementKind::Delivered, Target::Mine)
        .on_engagement(EngagementKind::Opened, Target::Mine)
        .on_engagement(EngagementKind::Clicked, Target::Mine);
        Line::ALL
            .into_iter()
            .fold(manifest, |manifest, line| manifest.step(line.step()).channel(self.configuration.channel(line)))
            .step(ADS_REMOVE)
    }

    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut State) -> Result<Decision, Error> {
        Ok(match cause {
            Cause::Event(event) => match event.name.as_str() {
                PRODUCT_ADDED => self.product_added(ctx, event, state),
                PRODUCT_REMOVED => self.product_removed(ctx, event, state),
                ORDER_COMPLETED => self.order_completed(ctx, event, state),
                _ => Decision::none(),
            },
            Cause::Engagement(engagement) => self.engaged(ctx, engagement, state),
            Cause::Timer(name) => self.time_came(ctx, name, state),
            _ => Decision::none(),
        })
    }
}

rekindle_guest::campaign!(ThreeLines);
