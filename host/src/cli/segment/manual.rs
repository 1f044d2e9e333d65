//! The same by hand, for whoever may not use Segment's Public API.

use super::calls::TRIGGER;
use crate::domain::SourceId;

/// From nothing to events that arrive.
pub(super) fn steps(source: &SourceId, batch_size: u32) -> String {
    let mapping = mapping("the url that `source create` printed", batch_size);
    format!(
        "\
Here:
1. `rekindle source create {source}`, and keep the url and the secret that it prints.

In Segment (app.segment.com):
2. Connections, Catalog, Destinations: choose `Webhooks (Actions)`, `Add destination`, and the source whose events shall come here.
3. Settings: put the secret into `Shared Secret`, switch `Enable Destination` on, save.
{mapping}
Then:
7. Event Tester of the mapping: send a test event. The answer says that it arrived and reads well; nobody is messaged.
"
    )
}

/// A destination that is there sends nothing without one.
pub(super) fn mapping(url: &str, batch_size: u32) -> String {
    format!(
        "\
4. Mappings, `New Mapping`, `Send`. As trigger:
   {TRIGGER}
5. URL: {url}
   Method: POST. Data: `$.` (the whole event). Batch Data to destination: on, Batch Size {batch_size}, batch keys url, method, headers.
6. Save, and switch the mapping on.
"
    )
}
