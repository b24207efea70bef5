//! Who is due when: a wheel of 64 slots of one millisecond.
//!
//! A leg is entered for its next packet only and entered again when that has left, 20 ms or, while it is led back to its
//! media clock, 22 ms later. An entry is never taken out: a leg that has closed, moved or got another time no longer
//! agrees with the slot that it is found in, and is passed by.

/// Slots; a power of two above all distances that are asked for.
const SLOTS: usize = 64;
/// The rhythm of all legs, in milliseconds.
pub(super) const RHYTHM: u64 = 20;

/// Times are milliseconds since the engine's origin.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: [Vec<usize>; SLOTS],
    /// A bit for each slot that holds something.
    occupied: u64,
    /// The first millisecond that has not been taken.
    next: u64,
}

impl Wheel {
    /// Empty, with room in each slot for its share of `legs`, so that entering rarely allocates.
    pub(super) fn new(now: u64, legs: usize) -> Self {
        let share = legs / RHYTHM as usize + 8;
        Self { slots: std::array::from_fn(|_| Vec::with_capacity(share)), occupied: 0, next: now }
    }

    /// Enters a leg for `due`, and tells the time that it will come out with: what is past is entered for the next slot,
    /// what is too far for the last one.
    pub(super) fn enter(&mut self, due: u64, leg: usize) -> u64 {
        let due = due.clamp(self.next, self.next + SLOTS as u64 - 1);
        let place = Self::place(due);
        if let Some(slot) = self.slots.get_mut(place) {
            slot.push(leg);
            self.occupied |= 1 << place;
        }
        due
    }

    /// The time within one rhythm from `now` at which the fewest are due: a new leg's first packet.
    pub(super) fn quietest(&self, now: u64) -> u64 {
        let from = now.max(self.next) + 1;
        let load = |due: &u64| self.slots.get(Self::place(*due)).map_or(0, Vec::len);
        (from..from + RHYTHM).min_by_key(load).unwrap_or(from)
    }

    /// When the next entry is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        let turned = self.occupied.rotate_right(Self::place(self.next) as u32);
        (turned != 0).then(|| self.next + u64::from(turned.trailing_zeros()))
    }

    /// Takes the earliest slot that is due at `now` into `into`, which must be empty, and tells its time. Slots that hold
    /// nothing are passed over.
    pub(super) fn take(&mut self, now: u64, into: &mut Vec<usize>) -> Option<u64> {
        debug_assert!(into.is_empty(), "the slot before has been worked off");
        let Some(due) = self.next_due().filter(|due| *due <= now) else {
            self.next = self.next.max(now + 1);
            return None;
        };
        let place = Self::place(due);
        if let Some(slot) = self.slots.get_mut(place) {
            std::mem::swap(slot, into);
        }
        self.occupied &= !(1 << place);
        self.next = due + 1;
        Some(due)
    }

    const fn place(due: u64) -> usize {
        due as usize % SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_come_out_at_their_time_and_in_order() {
        let mut wheel = Wheel::new(1_000, 10);
        wheel.enter(1_020, 1);
        wheel.enter(1_003, 2);
        wheel.enter(1_003, 3);
        wheel.enter(900, 4); // late already
        let mut due = Vec::new();
        let mut seen = Vec::new();
        for now in [1_000, 1_002, 1_030] {
            while let Some(at) = wheel.take(now, &mut due) {
                seen.push((now, at, std::mem::take(&mut due)));
            }
        }
        assert_eq!(
            seen,
            [(1_000, 1_000, vec![4]), (1_030, 1_003, vec![2, 3]), (1_030, 1_020, vec![1])]
        );
        assert_eq!(wheel.next_due(), None);
    }

    #[test]
    fn new_legs_are_spread_over_the_rhythm() {
        let mut wheel = Wheel::new(0, 40);
        for leg in 0..40 {
            wheel.enter(wheel.quietest(0), leg);
        }
        let loads: Vec<usize> = wheel.slots.iter().map(Vec::len).filter(|it| *it > 0).collect();
        assert_eq!(loads, [2; 20]);
    }

    #[test]
    fn a_long_time_away_from_the_wheel_loses_nobody() {
        let mut wheel = Wheel::new(0, 4);
        wheel.enter(10, 1);
        wheel.enter(60, 2);
        let mut due = Vec::new();
        assert_eq!(wheel.take(10_000, &mut due), Some(10));
        wheel.enter(30, 1);
        due.clear();
        assert_eq!(wheel.take(10_000, &mut due), Some(30));
        due.clear();
        assert_eq!(wheel.take(10_000, &mut due), Some(60));
        due.clear();
        assert_eq!(wheel.take(10_000, &mut due), None);
        wheel.enter(10_005, 3);
        assert_eq!(wheel.next_due(), Some(10_005));
    }
}
