//! All recordings of one configuration, by id.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::Clip;
use super::decode::DecodeError;

/// Recordings by id, such as `zh-CN/welcome.1`. Built once and never changed: a reload builds another.
#[derive(Clone, Debug, Default)]
pub struct ClipStore {
    clips: BTreeMap<Arc<str>, Arc<Clip>>,
}

/// A recording that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("recording `{id}`: {why}")]
pub struct ClipError {
    /// The id under which it was to be stored.
    pub id: Arc<str>,
    /// What is wrong with it.
    #[source]
    pub why: DecodeError,
}

impl ClipStore {
    /// Reads every file of (id, bytes) and tells all that are wrong, not only the first.
    ///
    /// 700 prompts take about a second of one core; a caller with more cores calls [`read_clip`] on each of them and
    /// collects the results into a store.
    ///
    /// # Errors
    /// One [`ClipError`] for each file that cannot be played.
    pub fn read<B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (Arc<str>, B)>,
    ) -> Result<Self, Vec<ClipError>> {
        let (mut clips, mut errors) = (BTreeMap::new(), Vec::new());
        for (id, bytes) in files {
            match read_clip(&id, bytes.as_ref()) {
                Ok(clip) => _ = clips.insert(id, clip),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self { clips }) } else { Err(errors) }
    }

    /// The recording called `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Clip>> {
        self.clips.get(id)
    }

    /// Every recording, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Clip>)> {
        self.clips.iter()
    }

    /// How many recordings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }
}

/// Reads one file, to be called from as many threads as the caller likes.
///
/// # Errors
/// [`ClipError`] names `id` and what is wrong.
pub fn read_clip(id: &Arc<str>, bytes: &[u8]) -> Result<Arc<Clip>, ClipError> {
    Clip::load(bytes).map(Arc::new).map_err(|why| ClipError { id: Arc::clone(id), why })
}

/// The last of several recordings with one id is kept.
impl FromIterator<(Arc<str>, Arc<Clip>)> for ClipStore {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Arc<Clip>)>>(clips: I) -> Self {
        Self { clips: clips.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::decode::tests::{beep, wav};

    fn file(id: &str, bytes: &[u8]) -> (Arc<str>, Vec<u8>) {
        (id.into(), bytes.to_vec())
    }

    #[test]
    fn recordings_are_found_by_their_id_and_listed_in_order() {
        let beep = wav(&beep(16_000), 16_000, 1);
        let store =
            ClipStore::read([file("zh-CN/welcome.1", &beep), file("en-US/welcome.1", &beep)])
                .unwrap();
        assert_eq!(store.get("zh-CN/welcome.1").map(|clip| clip.len()), Some(4_000));
        assert!(store.get("zh-CN/welcome").is_none());
        let ids: Vec<&str> = store.iter().map(|(id, _)| &**id).collect();
        assert_eq!(ids, ["en-US/welcome.1", "zh-CN/welcome.1"]);
    }

    #[test]
    fn every_file_that_cannot_be_played_is_named_with_its_fault() {
        let beep = wav(&beep(16_000), 16_000, 1);
        let files =
            [file("good", &beep), file("zh-CN/empty", &[]), file("en-US/cut", &beep[..5_000])];
        let errors = ClipStore::read(files).unwrap_err();
        let says: Vec<String> = errors.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(says.join("\n"), @"
        recording `zh-CN/empty`: the file is empty
        recording `en-US/cut`: damaged 0.2 s after the beginning: the file breaks off
        ");
    }
}
