//! WORDS: what callers hear, as texts and as the recordings that say the same.
//!
//! Called by `flow/check` (which prompts exist, what their placeholders name), `call` (the utterances of a call) and
//! `cli/prompts` (what has to be recorded).
//! Stands on `yaml`, `diagnostic` and `value`. Must not know: flows, files, codecs, how long a recording really is, the
//! clock: who speaks a date brings today's.
//! Way in: [`Catalogue::parse`] for a `catalog.yaml`, [`Catalogue::speak`] for a prompt, [`Catalogue::say`] for a value.
//! Always true: an utterance's text is made of the texts of its recordings, so that a caption never says something else
//! than the voice; a secret is never spoken; every clip of an utterance is among [`Catalogue::clips`].
//! Read next: `catalogue` (the types), `parse` and `template` (how they are read), `say` (values as words), `prove` (the
//! words heard again).
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

/// The recording that callers hear while they wait, round and round.
pub const HOLD_MUSIC: &str = "tones/hold-melody";
/// The tone of a phone that rings far away (450 Hz, 1 s on and 4 s off, as in China).
pub const RINGING: &str = "tones/cn-ringback";
/// "Speak now": before a caller is recorded.
pub const BEEP: &str = "tones/beep";

mod catalogue;
mod parse;
mod prove;
mod say;
mod template;
mod utterance;

pub use catalogue::{
    Catalogue, Catalogues, Lang, Part, Placeholder, Prompt, Reading, Recording, RecordingKind,
    Unit, Unspeakable, Word,
};
pub use prove::{Mismatch, Prover, WAYS};
pub use say::readable_as;
pub use utterance::{Piece, Utterance};
