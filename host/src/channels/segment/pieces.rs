//! Calls in requests that Segment takes: by their number and by their bytes.

use crate::domain::limits;

const BEGINNING: &str = r#"{"batch":["#;
const END: &str = "]}";

/// Calls, in their order, as one request takes them.
pub(super) fn pieces(calls: &[String]) -> Vec<&[String]> {
    let (mut pieces, mut rest) = (Vec::new(), calls);
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(fitting(rest));
        pieces.push(piece);
        rest = others;
    }
    pieces
}

/// How many of the first calls go into one request; one at least, since none is as large as a request.
fn fitting(calls: &[String]) -> usize {
    // A comma stands before each but the first.
    let mut bytes = BEGINNING.len() + END.len() - ",".len();
    let fits = |call: &&String| {
        bytes += ",".len() + call.len();
        bytes <= limits::SEGMENT_REQUEST_BYTES_MAX
    };
    calls.iter().take(limits::SEGMENT_REQUEST_CALLS_MAX).take_while(fits).count().max(1)
}

/// The request's body. It holds no `sentAt`: Segment would move all moments in it by as long as a call waited here.
pub(super) fn body(calls: &[String]) -> String {
    [BEGINNING, &calls.join(","), END].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_call_is_in_one_piece_in_its_place_and_no_piece_is_too_large(
            sizes in proptest::collection::vec(1..limits::SEGMENT_CALL_BYTES_MAX, 0..200), copies in 1..30_usize,
        ) {
            let sizes = sizes.iter().cycle().take(sizes.len() * copies);
            let calls: Vec<String> = sizes.map(|size| "x".repeat(*size)).collect();
            let pieces = pieces(&calls);
            prop_assert_eq!(pieces.concat(), calls.as_slice());
            for piece in &pieces {
                prop_assert!(!piece.is_empty() && piece.len() <= limits::SEGMENT_REQUEST_CALLS_MAX);
                prop_assert!(body(piece).len() <= limits::SEGMENT_REQUEST_BYTES_MAX);
            }
            for pair in pieces.windows(2) {
                let both = body(pair[0]).len() + 1 + pair[1][0].len();
                prop_assert!(both > limits::SEGMENT_REQUEST_BYTES_MAX, "no request more than needed");
            }
        }
    }

    #[test]
    fn a_request_is_filled_to_its_last_byte() {
        let room = limits::SEGMENT_REQUEST_BYTES_MAX - BEGINNING.len() - END.len();
        let calls = |first: usize| ["x".repeat(first), "x".to_owned()];
        assert_eq!(pieces(&calls(room - ",x".len())).len(), 1);
        assert_eq!(pieces(&calls(room - ",".len())).len(), 2);
    }

    #[test]
    fn not_more_calls_than_segment_keeps() {
        let calls = vec!["{}".to_owned(); 6_000];
        let sizes: Vec<usize> = pieces(&calls).iter().map(|piece| piece.len()).collect();
        assert_eq!(sizes, [2_500, 2_500, 1_000]);
    }
}
