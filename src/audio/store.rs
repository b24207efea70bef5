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
