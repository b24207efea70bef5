//! A folder of prompts: the catalogues in it, the recordings they want, the recordings that are there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use super::Measured;
use crate::audio::decode::decode;
use crate::audio::measure::Measures;
use crate::diagnostic::{Diagnostic, Sources};
use crate::speech::{Catalogue, Recording};

/// The name of each language's catalogue.
const CATALOGUE: &str = "catalog.yaml";
/// What recordings may end in, as `serve` takes them.
const EXTENSIONS: [&str; 4] = ["flac", "wav", "ogg", "mp3"];
/// Folders below a language's: `atoms`, `words`. Nothing deeper is looked at.
const DEPTH: u8 = 2;

/// What was found.
pub(super) struct Folder {
    /// How many languages have a catalogue.
    pub(super) languages: usize,
    /// What is wrong with the catalogues.
    pub(super) found: Vec<Diagnostic>,
    /// Their texts.
    pub(super) sources: Sources,
    /// Every recording that a catalogue wants, language by language.
    pub(super) entries: Vec<Entry>,
    /// Recordings that no catalogue wants.
    pub(super) unwanted: Vec<Arc<str>>,
}

/// A recording that a catalogue wants.
pub(super) struct Entry {
    pub(super) wanted: Recording,
    /// `None` if there is no such file.
    pub(super) measured: Option<Measured>,
}

impl Folder {
    /// Reads every catalogue below `dir`, or that of `lang` alone, and measures its recordings.
    pub(super) fn open(dir: &Path, lang: Option<&str>) -> io::Result<Self> {
        let mut folder = Self {
            languages: 0,
            found: Vec::new(),
            sources: Sources::default(),
            entries: Vec::new(),
            unwanted: Vec::new(),
        };
        for path in sorted(dir)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let wanted = lang.is_none_or(|lang| lang == name);
            if wanted && path.join(CATALOGUE).is_file() {
                folder.language(dir, &path)?;
            }
        }
        if folder.languages == 0 {
            let says = format!("no language here has a {CATALOGUE}");
            return Err(io::Error::new(io::ErrorKind::NotFound, says));
        }
        Ok(folder)
    }

    fn language(&mut self, dir: &Path, path: &Path) -> io::Result<()> {
        let file = path.join(CATALOGUE);
        let text = fs::read_to_string(&file)?;
        let id = self.sources.add(file.to_string_lossy(), text.as_str());
        let (catalogue, mut found) = Catalogue::parse(id, &text);
        self.found.append(&mut found);
        self.languages += 1;
        let Some(catalogue) = catalogue else { return Ok(()) };
        let clips = catalogue.clips();
        let wanted: BTreeSet<&str> = clips.iter().map(|it| &*it.clip).collect();
        let mut there = Vec::new();
        recordings(dir, path, DEPTH, &mut there)?;
        self.unwanted.extend(there.into_iter().filter(|clip| !wanted.contains(&**clip)));
        for wanted in clips {
            let measured = measure(dir, &wanted.clip)?;
            self.entries.push(Entry { wanted, measured });
        }
        Ok(())
    }
}

/// Measures a recording, whatever it ends in; `None` if there is no such file.
fn measure(dir: &Path, clip: &str) -> io::Result<Option<Measured>> {
    for extension in EXTENSIONS {
        match fs::read(dir.join(format!("{clip}.{extension}"))) {
            Ok(bytes) => {
                let read = decode(&bytes).map(|it| Measures::of(&it));
                return Ok(Some(read.map_err(|error| error.to_string())));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The names of all recordings below `path`, as catalogues name them: below `dir`, without extension.
fn recordings(dir: &Path, path: &Path, depth: u8, names: &mut Vec<Arc<str>>) -> io::Result<()> {
    for path in sorted(path)? {
        if path.is_dir() && depth > 0 {
            recordings(dir, &path, depth - 1, names)?;
        } else if path.extension().is_some_and(|it| EXTENSIONS.iter().any(|known| it == *known)) {
            let name = path.strip_prefix(dir).unwrap_or(&path).with_extension("");
            names.push(name.to_string_lossy().replace('\\', "/").into());
        }
    }
    Ok(())
}

fn sorted(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
