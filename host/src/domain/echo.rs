//! Echoes: calls that the house makes to Segment, chiefly to tell what became of messages. Segment delivers what it is told to every
//! destination of the source, and this house may be one; so each carries two marks, by either of which it is known at the door
//! when it comes back: who made it, and an id of a form that nobody else's has.

use super::InstructionId;

/// Who made it, as `context.integration.name` says.
pub const ECHO_MADE_BY: &str = "Rekindle";
const MARK: &str = "rekindle:";

/// The `messageId` of the call that tells of this: the same at every attempt, 45 letters of the 100 that Segment allows.
pub fn echo_id(of: &InstructionId) -> String {
    format!("{MARK}{of}")
}

/// Whether a `messageId` is one of those.
pub fn is_echo_id(text: &str) -> bool {
    text.strip_prefix(MARK).is_some_and(|id| InstructionId::parse(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_ids_are_known_as_ours() {
        let id = InstructionId::parse("msg_00112233445566778899aabbccddeeff").unwrap();
        assert!(is_echo_id(&echo_id(&id)));
        assert!(echo_id(&id).len() <= 100);
        for other in ["", "rekindle:", "rekindle:msg_1", id.as_str(), "node-next-1-rekindle:msg_0"] {
            assert!(!is_echo_id(other), "{other}");
        }
    }
}
