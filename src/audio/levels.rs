//! Recordings louder or quieter than they were made: scaled once, then played like any other.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Clip, RATE};

/// Clips by recording and level. At most [`Levels::MOST`] samples are kept; the oldest make room.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    clips: IndexMap<(Arc<str>, i8), Arc<Clip>>,
    samples: usize,
}

impl Levels {
    /// 20 minutes of sound, which take 20 MiB in both codecs.
    pub const MOST: usize = 20 * 60 * RATE as usize;

    /// The recording called `id` at `db`, if it is kept.
    #[must_use]
    pub fn get(&self, id: &Arc<str>, db: i8) -> Option<Arc<Clip>> {
        self.clips.get(&(Arc::clone(id), db)).map(Arc::clone)
    }

    /// Keeps it, if it is not longer than everything together may be.
    pub fn keep(&mut self, id: &Arc<str>, db: i8, clip: &Arc<Clip>) {
        if clip.len() > Self::MOST {
            return;
        }
        self.samples += clip.len();
        // Two calls may have made the same one at the same time.
        if let Some(before) = self.clips.insert((Arc::clone(id), db), Arc::clone(clip)) {
            self.samples -= before.len();
        }
        while self.samples > Self::MOST
            && let Some((_, oldest)) = self.clips.shift_remove_index(0)
        {
            self.samples -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(samples: usize) -> Arc<Clip> {
        Arc::new(Clip::from_samples(&vec![0; samples]))
    }

    #[test]
    fn a_level_of_a_recording_is_made_once() {
        let (mut levels, id) = (Levels::default(), Arc::from("welcome"));
        levels.keep(&id, -6, &clip(160));
        assert_eq!(levels.get(&id, -6).map(|it| it.len()), Some(160));
        assert!(levels.get(&id, -3).is_none());
        levels.keep(&id, -6, &clip(160));
        assert_eq!(levels.samples, 160);
    }

    #[test]
    fn the_oldest_make_room_and_what_never_fits_is_not_kept() {
        let mut levels = Levels::default();
        let quarter = clip(Levels::MOST / 4);
        for n in 0..10 {
            levels.keep(&n.to_string().into(), 3, &quarter);
            assert!(levels.samples <= Levels::MOST);
        }
        let kept: Vec<_> = levels.clips.keys().map(|(id, _)| &**id).collect();
        assert_eq!(kept, ["6", "7", "8", "9"]);
        levels.keep(&"long".into(), 3, &clip(Levels::MOST + 1));
        assert_eq!(levels.clips.len(), 4);
    }
}
