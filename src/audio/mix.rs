//! Several voices at once: bridges with a whisper or a third party, and recordings of both sides.

use super::FRAME;

/// Adds `voice` to `sum`, cutting at full scale; stops at the shorter of the two.
pub fn add(sum: &mut [i16], voice: &[i16]) {
    for (sum, &voice) in sum.iter_mut().zip(voice) {
        *sum = sum.saturating_add(voice);
    }
}

/// One frame of a conference, in which each party hears everybody but themselves.
#[derive(Clone, Debug)]
pub struct Bus {
    /// Wide enough for 65,536 voices at full scale.
    sum: [i32; FRAME],
}

impl Default for Bus {
    fn default() -> Self {
        Self { sum: [0; FRAME] }
    }
}

impl Bus {
    /// Begins the next frame.
    pub fn clear(&mut self) {
        self.sum.fill(0);
    }

    /// Adds one party's voice.
    pub fn add(&mut self, voice: &[i16]) {
        for (sum, &voice) in self.sum.iter_mut().zip(voice) {
            *sum += i32::from(voice);
        }
    }

    /// What the party who spoke `own` hears: everybody else, cut at full scale.
    pub fn without(&self, own: &[i16], heard: &mut [i16]) {
        for ((heard, &sum), &own) in heard.iter_mut().zip(&self.sum).zip(own) {
            *heard = clamp(sum - i32::from(own));
        }
    }

    /// What a recording hears: everybody.
    pub fn all(&self, heard: &mut [i16]) {
        for (heard, &sum) in heard.iter_mut().zip(&self.sum) {
            *heard = clamp(sum);
        }
    }
}

fn clamp(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_is_too_loud_is_cut_and_does_not_wrap() {
        let mut sum = [30_000, -30_000, 5];
        add(&mut sum, &[30_000, -30_000, 6, 7]);
        assert_eq!(sum, [i16::MAX, i16::MIN, 11]);
    }

    #[test]
    fn everybody_hears_everybody_else() {
        let voices = [[20_000_i16; FRAME], [20_000; FRAME], [-7; FRAME]];
        let mut bus = Bus::default();
        voices.iter().for_each(|voice| bus.add(voice));
        let mut heard = [0; FRAME];
        for (own, expected) in voices.iter().zip([19_993, 19_993, i16::MAX]) {
            bus.without(own, &mut heard);
            assert_eq!(heard, [expected; FRAME]);
        }
        bus.all(&mut heard);
        assert_eq!(heard, [i16::MAX; FRAME]);
        bus.clear();
        bus.all(&mut heard);
        assert_eq!(heard, [0; FRAME]);
    }
}
