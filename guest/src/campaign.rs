//! The trait that makes a type a campaign, and the macro that makes a campaign a component.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Cause, Context, Decision, Error, Manifest};

/// A campaign: a pure function from "this happened to this person" to "do this", with a memory per
/// person. The value of the type is the campaign as one tenant configured it.
///
/// ```
/// use rekindle_guest::{Campaign, Cause, Context, Decision, Email, Error, Instruction, Manifest};
///
/// /// Greets people who sign up.
/// struct Welcome {
///     configuration: Configuration,
/// }
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Configuration {
///     /// The subject of the greeting.
///     subject: String,
/// }
///
/// impl Campaign for Welcome {
///     type Configuration = Configuration;
///     type State = ();
///
///     fn configure(configuration: Configuration) -> Result<Self, Error> {
///         Ok(Self { configuration })
///     }
///
///     fn manifest(&self) -> Manifest {
///         Manifest::new("welcome", "1.0.0", "greets people who sign up")
///             .on_event("Signed Up")
///             .channel("email")
///             .step("greeting")
///     }
///
///     fn decide(&self, _: &Context, cause: &Cause, _: &mut ()) -> Result<Decision, Error> {
///         let Cause::Event(_) = cause else {
///             return Ok(Decision::none());
///         };
///         let email = Email { subject: self.configuration.subject.clone(), ..Email::default() };
///         Ok(Decision::none().instruct(Instruction::new("greeting").deliver(&email)))
///     }
/// }
///
/// rekindle_guest::campaign!(Welcome);
/// ```
pub trait Campaign: Sized + Send + 'static {
    /// What a tenant may set. Its JSON Schema goes into the manifest, so its doc comments are what the
    /// tenant reads.
    type Configuration: DeserializeOwned + JsonSchema;

    /// What is remembered about one person, at most 16 KiB of JSON. A person about whom nothing is
    /// remembered yet has the default; a state that is the default again is forgotten.
    ///
    /// Later versions of the campaign read what earlier ones wrote: give new members a default.
    type State: Serialize + DeserializeOwned + Default;

    /// Makes the campaign from what the tenant set. Runs once per publication, and every decision starts
    /// from what it left in memory: what is prepared here costs decisions nothing.
    fn configure(configuration: Self::Configuration) -> Result<Self, Error>;

    /// What it is asked about, and what it may name.
    fn manifest(&self) -> Manifest;

    /// Decides. The same context, cause, state and answers of the host give the same decision; nothing
    /// but `state` survives the call.
    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut Self::State) -> Result<Decision, Error>;
}

/// Makes a [`Campaign`] the component's one campaign. Call it once, in the crate's root.
#[macro_export]
macro_rules! campaign {
    ($campaign:ty) => {
        const _: () = {
            // Said natively too, so that a type that is no campaign is an error before any component.
            const fn is_campaign<C: $crate::Campaign>() {}
            is_campaign::<$campaign>();
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Component;

            impl $crate::component::Configured for Component {
                type Campaign = $campaign;

                fn slot() -> &'static $crate::component::Slot<$campaign> {
                    static SLOT: $crate::component::Slot<$campaign> = $crate::component::Slot::new();
                    &SLOT
                }
            }

    $crate::component::bindings::export!(Component with_types_in $crate::component::bindings);
        };
    };
}
