//! One entry being keyed: from the first key, or from silence, until it is whole or given up.
//!
//! ```text
//!            heard                     key                  end key, `max` keys, or silence with `min` keys
//! Speaking ─────────► Listening ─────────────► Keying ───────────────────────────────────────────────────► Keyed
//!    │                    │ silence              │ end key or silence with less
//!    │ key (barge-in)     ▼                      ▼
//!    └──────► Keying    Silence                Wrong
//! ```
//! A timer starts when the prompt was heard, never before; a key before that starts the timer between digits.

use std::time::Duration;

use smallvec::SmallVec;

use super::keys::Stroke;
use crate::secret::Key;
use crate::time::Mono;

/// The keys of one entry.
pub(super) type Strokes = SmallVec<[Stroke; 20]>;

/// What may be keyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The fewest keys, without the end key.
    pub(super) min: u8,
    /// The most keys, without the end key. Reaching it ends the entry at once.
    pub(super) max: u8,
    /// The key that ends it.
    pub(super) ends_with: Option<Key>,
    /// How long a caller may be silent after the prompt.
    pub(super) no_input_after: Duration,
    /// How long between two digits.
    pub(super) between_digits: Duration,
}

/// What can happen to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The prompt was heard, or there is none.
    Heard,
    /// A key.
    Key(Stroke),
    /// The deadline came. Too early or too often does no harm.
    Tick,
}

/// What came of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Whole, without its end key.
    Keyed {
        /// The keys.
        strokes: Strokes,
        /// The key that ended it; none if it was its length or a pause.
        end: Option<Stroke>,
        /// It was accepted by its length, so that its end key may still come.
        full: bool,
    },
    /// Nothing was keyed.
    Silence,
    /// Too few keys.
    Wrong {
        /// The key that ended it.
        end: Option<Stroke>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Speaking,
    Listening { until: Mono },
    Keying { strokes: Strokes, until: Mono },
    Over,
}

/// One entry being keyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Collect {
    shape: Shape,
    state: State,
}

impl Collect {
    /// An entry whose prompt is still spoken.
    pub(super) const fn new(shape: Shape) -> Self {
        Self { shape, state: State::Speaking }
    }

    /// Takes one event at `now`; what came of the entry, once.
    pub(super) fn handle(&mut self, now: Mono, event: Event) -> Option<Outcome> {
        use {Event as E, State as S};
        match (&mut self.state, event) {
            (S::Speaking, E::Heard) => {
                self.state = S::Listening { until: now + self.shape.no_input_after };
                None
            }
            (S::Speaking | S::Listening { .. }, E::Key(stroke)) => {
                self.key(now, Strokes::new(), stroke)
            }
            (S::Keying { strokes, .. }, E::Key(stroke)) => {
                let strokes = std::mem::take(strokes);
                self.key(now, strokes, stroke)
            }
            (S::Listening { until }, E::Tick) if *until <= now => self.end(Outcome::Silence),
            (S::Keying { strokes, until }, E::Tick) if *until <= now => {
                let strokes = std::mem::take(strokes);
                self.whole_or_wrong(strokes, None)
            }
            (S::Listening { .. } | S::Keying { .. }, E::Heard) => None, // its timer runs already
            (S::Speaking | S::Listening { .. } | S::Keying { .. }, E::Tick) => None,
            (S::Over, _) => None,
        }
    }

    /// When the next [`Event::Tick`] is due.
    pub(super) const fn deadline(&self) -> Option<Mono> {
        match &self.state {
            State::Listening { until } | State::Keying { until, .. } => Some(*until),
            State::Speaking | State::Over => None,
        }
    }

    fn key(&mut self, now: Mono, mut strokes: Strokes, stroke: Stroke) -> Option<Outcome> {
        if self.shape.ends_with.is_some() && stroke.key() == self.shape.ends_with {
            return self.whole_or_wrong(strokes, Some(stroke));
        }
        strokes.push(stroke);
        if strokes.len() >= usize::from(self.shape.max) {
            return self.end(Outcome::Keyed { strokes, end: None, full: true });
        }
        self.state = State::Keying { strokes, until: now + self.shape.between_digits };
        None
    }

    fn whole_or_wrong(&mut self, strokes: Strokes, end: Option<Stroke>) -> Option<Outcome> {
        if strokes.len() >= usize::from(self.shape.min) {
            self.end(Outcome::Keyed { strokes, end, full: false })
        } else {
            self.end(Outcome::Wrong { end })
        }
    }

    fn end(&mut self, outcome: Outcome) -> Option<Outcome> {
        self.state = State::Over;
        Some(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Press;
    use super::*;

    /// A pause between digits of 3 s, silence of 5 s.
    const fn shape(min: u8, max: u8, ends_with: Option<char>) -> Shape {
        let ends_with = match ends_with {
            Some(symbol) => Key::from_symbol(symbol),
            None => None,
        };
        let (no_input_after, between_digits) = (Duration::from_secs(5), Duration::from_secs(3));
        Shape { min, max, ends_with, no_input_after, between_digits }
    }

    /// When, and what: `.` is the prompt's end, `t` a tick, all else a key. The last event must bring `expected`, all
    /// others nothing.
    type Keyed<'a> = &'a [(u64, char)];

    #[track_caller]
    fn check(shape: Shape, events: Keyed<'_>, expected: &str) {
        let mut it = Collect::new(shape);
        let mut outcomes = Vec::new();
        for (nth, (ms, what)) in events.iter().enumerate() {
            let event = match what {
                '.' => Event::Heard,
                't' => Event::Tick,
                key => {
                    let press = Press::from(Key::from_symbol(*key).unwrap());
                    Event::Key(Stroke { nth: nth as u32, press })
                }
            };
            if let Some(outcome) = it.handle(Mono::from_millis(*ms), event) {
                outcomes.push(match outcome {
                    Outcome::Keyed { strokes, .. } => {
                        let keyed: String =
                            strokes.iter().filter_map(|it| it.key()).map(Key::symbol).collect();
                        format!("{keyed} at {ms}")
                    }
                    Outcome::Silence => format!("silence at {ms}"),
                    Outcome::Wrong { .. } => format!("wrong at {ms}"),
                });
                assert_eq!(it.deadline(), None);
            }
        }
        assert_eq!(outcomes.join(", "), expected, "{events:?}");
    }

    #[test]
    fn an_entry_ends_by_key_by_length_or_by_a_pause() {
        let pin = shape(4, 4, None);
        let order = shape(2, 4, Some('#'));
        #[rustfmt::skip]
        let table: &[(Shape, Keyed<'_>, &str)] = &[
            // The full length is accepted at once: nobody waits for a timer.
            (pin,   &[(0, '.'), (100, '1'), (200, '2'), (300, '3'), (400, '4')],         "1234 at 400"),
            // The end key ends it; too short is wrong.
            (order, &[(0, '.'), (100, '1'), (200, '2'), (300, '#')],                     "12 at 300"),
            (order, &[(0, '.'), (100, '1'), (200, '#')],                                 "wrong at 200"),
            (order, &[(0, '.'), (100, '#')],                                             "wrong at 100"),
            // A pause ends it, counted from the last key.
            (order, &[(0, '.'), (100, '1'), (3_000, '2'), (5_999, 't'), (6_000, 't')],   "12 at 6000"),
            (order, &[(0, '.'), (100, '1'), (3_099, 't'), (3_100, 't')],                 "wrong at 3100"),
            // Silence counts from the prompt's end; a tick while it is spoken is nothing.
            (order, &[(9_000, 't'), (10_000, '.'), (14_999, 't'), (15_000, 't')],        "silence at 15000"),
            // A key before the prompt's end starts the pause between digits, and the prompt's end changes nothing.
            (order, &[(0, '1'), (2_000, '.'), (2_999, 't'), (3_000, 't')],               "wrong at 3000"),
            // What comes after the end is nobody's.
            (pin,   &[(0, '1'), (0, '2'), (0, '3'), (0, '4'), (0, '5'), (9_000, 't')],   "1234 at 0"),
            // A `*` is a key like others.
            (order, &[(0, '.'), (1, '*'), (2, '5'), (3, '#')],                           "*5 at 3"),
        ];
        for (shape, events, expected) in table {
            check(*shape, events, expected);
        }
    }
}
