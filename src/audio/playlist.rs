//! What a caller hears next: recordings and silences in a row, played frame by frame.

use std::sync::Arc;
use std::time::Duration;

use super::{Clip, Codec, RATE};

/// One thing to hear. A tone is a clip (`tone`); so is a louder or quieter recording.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A recording or a tone.
    Clip(Arc<Clip>),
    /// So many samples of silence.
    Silence(usize),
}

impl Piece {
    /// Length in samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Clip(clip) => clip.len(),
            Self::Silence(samples) => *samples,
        }
    }

    /// Whether it takes no time at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Pieces in the order in which they are heard. Immutable and cheap to clone.
#[derive(Clone, Debug)]
pub struct Playlist {
    pieces: Arc<[Piece]>,
}

impl Playlist {
    /// `pieces`, one right after the other, without a seam.
    #[must_use]
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        // Without empty pieces every step of a cursor makes progress.
        Self { pieces: pieces.into_iter().filter(|piece| !piece.is_empty()).collect() }
    }

    /// One recording.
    #[must_use]
    pub fn of(clip: Arc<Clip>) -> Self {
        Self::new([Piece::Clip(clip)])
    }

    /// `clips` with `gap` samples of silence between, as between the sentences of an announcement.
    #[must_use]
    pub fn with_gaps(clips: impl IntoIterator<Item = Arc<Clip>>, gap: usize) -> Self {
        let pieces = clips.into_iter().enumerate().flat_map(|(index, clip)| {
            let silence = if index == 0 { 0 } else { gap };
            [Piece::Silence(silence), Piece::Clip(clip)]
        });
        Self::new(pieces)
    }

    /// The pieces, none of them empty.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Length in samples.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Whether there is nothing to hear.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Length in time.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.len() * 1_000_000 / u64::from(RATE))
    }

    /// Plays it once.
    #[must_use]
    pub fn once(&self) -> Cursor {
        self.cursor(false)
    }

    /// Plays it over and over, as hold music and ringback.
    #[must_use]
    pub fn repeated(&self) -> Cursor {
        self.cursor(true)
    }

    fn cursor(&self, repeats: bool) -> Cursor {
        Cursor { playlist: self.clone(), repeats, piece: 0, offset: 0, played: 0 }
    }
}

/// A place in a playlist.
#[derive(Clone, Debug)]
pub struct Cursor {
    playlist: Playlist,
    repeats: bool,
    /// Index of the piece that is played, and samples of it that were.
    piece: usize,
    offset: usize,
    played: u64,
}

/// What [`Cursor::fill`] put into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// A whole frame, and there is more.
    More,
    /// The last frame: so many samples of it were played, at least one, and silence after them.
    Last(usize),
    /// Silence: the playlist had ended before, or never had anything in it.
    Nothing,
}

impl Cursor {
    /// Fills `frame` with the next bytes in `codec`. Copies only: no allocation, no lock, no panic.
    ///
    /// The codec may differ from call to call: a re-INVITE in the middle of a prompt goes on in the new one.
    pub fn fill(&mut self, codec: Codec, frame: &mut [u8]) -> Filled {
        let wanted = frame.len();
        let mut rest = frame;
        while !rest.is_empty() {
            let Some(piece) = self.playlist.pieces.get(self.piece) else { break };
            let count = (piece.len() - self.offset).min(rest.len());
            // Never fails: `count` is at most `rest.len()`.
            let Some(now) = rest.split_off_mut(..count) else { break };
            match piece {
                Piece::Clip(clip) => {
                    let from =
                        clip.bytes(codec).get(self.offset..self.offset + count).unwrap_or_default();
                    now.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
                Piece::Silence(_) => now.fill(codec.silence()),
            }
            self.advance(count);
        }
        rest.fill(codec.silence());
        match (wanted - rest.len(), self.is_finished()) {
            (0, true) => Filled::Nothing,
            (count, true) => Filled::Last(count),
            (_, false) => Filled::More,
        }
    }

    /// Whether everything was played. A repeated playlist never is, unless it is empty.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.piece >= self.playlist.pieces.len()
    }

    /// Samples played so far, through all repetitions: how much of a prompt was heard before a key stopped it.
    #[must_use]
    pub const fn played(&self) -> u64 {
        self.played
    }

    /// Goes on by `count` samples, which lie within the present piece.
    fn advance(&mut self, count: usize) {
        self.played += count as u64;
        self.offset += count;
        if self.playlist.pieces.get(self.piece).is_some_and(|piece| self.offset >= piece.len()) {
            (self.piece, self.offset) = (self.piece + 1, 0);
            if self.repeats && self.is_finished() {
                self.piece = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clip(samples: std::ops::Range<i16>) -> Arc<Clip> {
        Arc::new(Clip::from_samples(&samples.map(|it| it * 16).collect::<Vec<_>>()))
    }

    /// Everything that `cursor` plays, frame by frame of `size`, the padding of the last one left out.
    fn play(mut cursor: Cursor, codec: Codec, size: usize) -> Vec<u8> {
        let (mut heard, mut frame) = (Vec::new(), vec![0; size]);
        loop {
            match cursor.fill(codec, &mut frame) {
                Filled::More => heard.extend_from_slice(&frame),
                Filled::Last(count) => {
                    heard.extend_from_slice(&frame[..count]);
                    assert!(frame[count..].iter().all(|&it| it == codec.silence()));
                    assert_eq!(cursor.fill(codec, &mut frame), Filled::Nothing);
                    assert_eq!(cursor.played(), heard.len() as u64);
                    return heard;
                }
                Filled::Nothing => return heard,
            }
        }
    }

    #[test]
    fn atoms_follow_each_other_without_a_seam() {
        let (one, two) = (clip(0..250), clip(250..333));
        let heard =
            play(Playlist::new([Piece::Clip(one), Piece::Clip(two)]).once(), Codec::Pcmu, 160);
        assert_eq!(heard, clip(0..333).bytes(Codec::Pcmu));
    }

    #[test]
    fn a_playlist_that_ends_with_a_frame_says_so_in_that_frame() {
        let mut cursor = Playlist::of(clip(0..320)).once();
        let mut frame = [0; 160];
        assert_eq!(cursor.fill(Codec::Pcma, &mut frame), Filled::More);
        assert_eq!(cursor.fill(Codec::Pcma, &mut frame), Filled::Last(160));
        assert_eq!(cursor.fill(Codec::Pcma, &mut frame), Filled::Nothing);
        assert_eq!(frame, [Codec::Pcma.silence(); 160]);
    }

    #[test]
    fn hold_music_goes_on_without_a_seam() {
        let mut cursor = Playlist::of(clip(0..100)).repeated();
        let mut heard = vec![0; 1_000];
        for frame in heard.chunks_mut(160) {
            assert_eq!(cursor.fill(Codec::Pcmu, frame), Filled::More);
        }
        assert_eq!(heard, clip(0..100).bytes(Codec::Pcmu).repeat(10));
    }

    #[test]
    fn nothing_repeated_is_nothing() {
        let mut cursor = Playlist::new([Piece::Silence(0)]).repeated();
        assert_eq!(cursor.fill(Codec::Pcmu, &mut [0; 160]), Filled::Nothing);
    }

    #[test]
    fn gaps_stand_between_clips_only() {
        let playlist = Playlist::with_gaps([clip(0..10), clip(10..20), clip(20..30)], 80);
        let lengths: Vec<usize> = playlist.pieces().iter().map(Piece::len).collect();
        assert_eq!(lengths, [10, 80, 10, 80, 10]);
        assert_eq!(playlist.duration(), Duration::from_micros(23_750));
    }

    #[test]
    fn a_codec_may_change_in_the_middle() {
        let mut cursor = Playlist::of(clip(0..320)).once();
        let (mut first, mut second) = ([0; 160], [0; 160]);
        cursor.fill(Codec::Pcmu, &mut first);
        cursor.fill(Codec::Pcma, &mut second);
        assert_eq!(first, clip(0..320).bytes(Codec::Pcmu)[..160]);
        assert_eq!(second, clip(0..320).bytes(Codec::Pcma)[160..]);
    }

    proptest! {
        #[test]
        fn what_is_heard_is_what_was_put_in(lengths in prop::collection::vec((any::<bool>(), 0_i16..400), 0..8), size in 1_usize..400) {
            let pieces = lengths.iter().map(|&(spoken, length)| match spoken {
                true => Piece::Clip(clip(0..length)),
                false => Piece::Silence(length as usize),
            });
            let playlist = Playlist::new(pieces);
            let expected: Vec<u8> = playlist.pieces().iter().flat_map(|piece| match piece {
                Piece::Clip(clip) => clip.bytes(Codec::Pcmu).to_vec(),
                Piece::Silence(samples) => vec![Codec::Pcmu.silence(); *samples],
            }).collect();
            prop_assert_eq!(play(playlist.once(), Codec::Pcmu, size), expected);
        }
    }
}
