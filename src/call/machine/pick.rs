//! Which one of several announcements a caller hears.

use sha2::{Digest as _, Sha256};

use crate::call::setting::Start;
use crate::flow::model::Pick;

/// A number below `of`, which is not 0, for the pick that comes after `before` others of this call. It depends on
/// nothing that is not stored with the call, so a replay picks the same.
pub(super) fn pick(how: Pick, of: usize, start: &Start, before: u32) -> usize {
    let number = match how {
        Pick::Rotate => start.turn.wrapping_add(before.into()),
        // Ids of calls follow one another; their hashes do not.
        Pick::Random => {
            let hash = Sha256::new().chain_update(&*start.call).chain_update(before.to_be_bytes());
            hash.finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        }
    };
    let of = u64::try_from(of).unwrap_or(u64::MAX);
    usize::try_from(number.checked_rem(of).unwrap_or(0)).unwrap_or(0)
}
