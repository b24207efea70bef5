//! The files of flows: read once, known by one id, found beside each other.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, FileId, Sources, Span};
use crate::flow::{Shelf, Shelved};

/// Where flows that others run may stand beside the folder of these.
const SHARED: &str = "shared";

/// The flows that were read, and which of the sources each is: if that is called so still, for an editor takes sources
/// back. As many as there are files.
#[derive(Debug, Default)]
pub(super) struct Files(IndexMap<PathBuf, FileId>);

impl Files {
    /// The flow at `path`; why it cannot be read is added to `found`.
    pub(super) fn flow(
        &mut self,
        path: &Path,
        sources: &mut Sources,
        found: &mut Vec<Diagnostic>,
    ) -> Option<(FileId, Arc<str>)> {
        match self.read(path, sources) {
            Ok(read) => Some(read),
            Err(error) => {
                found.push(unreadable(path, &error, sources));
                None
            }
        }
    }

    /// The flow at `path` with a text that is perhaps not the disk's.
    pub(super) fn edited(&mut self, path: &Path, text: &str, sources: &mut Sources) -> FileId {
        if let Some((file, known)) = self.known(path, sources)
            && *known == *text
        {
            return file;
        }
        let file = sources.add(path.display().to_string(), text);
        self.0.insert(path.to_owned(), file);
        file
    }

    /// What flows may run.
    pub(super) const fn shelf<'a>(&'a mut self, sources: &'a mut Sources) -> FilesBeside<'a> {
        FilesBeside { files: self, sources, found: Vec::new() }
    }

    fn known(&self, path: &Path, sources: &Sources) -> Option<(FileId, Arc<str>)> {
        let file = *self.0.get(path)?;
        let source = sources.get(file).filter(|it| Path::new(&*it.name) == path)?;
        Some((file, Arc::clone(&source.text)))
    }

    fn read(
        &mut self,
        path: &Path,
        sources: &mut Sources,
    ) -> Result<(FileId, Arc<str>), std::io::Error> {
        if let Some(known) = self.known(path, sources) {
            return Ok(known);
        }
        let text: Arc<str> = fs::read_to_string(path)?.into();
        let file = sources.add(path.display().to_string(), Arc::clone(&text));
        self.0.insert(path.to_owned(), file);
        Ok((file, text))
    }
}

/// The folders in which the flow `by` finds those that it runs, in this order.
fn folders(sources: &Sources, by: FileId) -> Option<[PathBuf; 2]> {
    let folder = Path::new(&*sources.get(by)?.name).parent()?;
    Some([folder.to_owned(), folder.join(SHARED)])
}

/// The flows that stand beside those that were read.
pub(super) struct FilesBeside<'a> {
    files: &'a mut Files,
    sources: &'a mut Sources,
    /// Why some cannot be read.
    pub(super) found: Vec<Diagnostic>,
}

impl Shelf for FilesBeside<'_> {
    fn take(&mut self, name: &str, by: FileId) -> Shelved {
        for folder in folders(self.sources, by).into_iter().flatten() {
            let path = folder.join(format!("{name}.yaml"));
            match self.files.read(&path, self.sources) {
                Ok((file, text)) => return Shelved::Text(file, text),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    self.found.push(unreadable(&path, &error, self.sources));
                    return Shelved::Unreadable;
                }
            }
        }
        Shelved::Missing
    }

    fn names(&self, by: FileId) -> Vec<String> {
        let folders = folders(self.sources, by).into_iter().flatten();
        let entries = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let names = entries.filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(".yaml")?.to_owned();
            (!name.ends_with(".test")).then_some(name)
        });
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }
}

fn unreadable(path: &Path, error: &std::io::Error, sources: &mut Sources) -> Diagnostic {
    let file = sources.add(path.display().to_string(), "");
    let says = format!("{} cannot be read: {error}", path.display());
    Diagnostic::error("HL0120", Span::new(file, 0, 0), says)
}

#[cfg(test)]
mod tests {
    use super::super::house::{Broken, House, Overrides, load};
    use super::*;
    use crate::diagnostic::text::render;

    const WORDS: &str = "language: en-US\nprompts: { goodbye: Goodbye. }\n";
    const SHOP: &str = "flow: shop\nlanguages: [en-US]\nstart: main\nsteps:\n  main:\n    - run: identify\n    \
                        - hangup: goodbye\n";
    const IDENTIFY: &str =
        "flow: identify\nlanguages: [en-US]\nstart: main\nsteps:\n  main:\n    - return:\n";

    /// A house of `files` whose number 1 leads to `flow`.
    fn house(flow: &str, files: &[(&str, &str)]) -> Result<House, String> {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("sip: {{ listen: \"127.0.0.1:0\" }}\nnumbers: {{ 1: {flow} }}\n");
        let all = [("hotline.yaml", config.as_str()), ("prompts/en-US/catalog.yaml", WORDS)];
        for (name, text) in all.iter().chain(files) {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        load(&folder.path().join("hotline.yaml"), &Overrides::default()).map_err(
            |Broken { sources, found }| {
                let shown = render(&found, &sources, false);
                shown.replace(&folder.path().display().to_string(), "")
            },
        )
    }

    #[test]
    fn a_flow_is_found_beside_the_one_that_runs_it_then_in_shared() {
        let shop = ("flows/shop.yaml", SHOP);
        let version = |files: &[(&str, &str)]| {
            let house = house("flows/shop.yaml", files).unwrap();
            (house.programs[0].version.clone(), house.programs[0].runs().count())
        };
        let other = IDENTIFY.replace("return:", "return: # another text");
        let shared = version(&[shop, ("flows/shared/identify.yaml", IDENTIFY)]);
        let beside = version(&[shop, ("flows/identify.yaml", IDENTIFY)]);
        assert_eq!((shared.1, &shared), (1, &beside));
        // The one beside it wins, and a reload after an edit is another version.
        let both =
            [shop, ("flows/identify.yaml", IDENTIFY), ("flows/shared/identify.yaml", &*other)];
        assert_eq!(version(&both), beside);
        assert_ne!(version(&[shop, ("flows/shared/identify.yaml", &*other)]), shared);
    }

    #[test]
    fn what_is_wrong_in_a_flow_that_is_run_is_shown_in_its_file_and_once() {
        let broken = IDENTIFY.replace("- return:", "- goto: nowhere");
        let files = [("flows/shop.yaml", SHOP), ("flows/shared/identify.yaml", &*broken)];
        let shown = house("flows/shop.yaml", &files).unwrap_err();
        assert!(shown.contains("error[HL0203]"), "{shown}");
        assert!(shown.contains("/flows/shared/identify.yaml:6:13"), "{shown}");
        assert_eq!(shown.matches("HL0203").count(), 1, "{shown}");
        let missing = house("flows/shop.yaml", &files[..1]).unwrap_err();
        assert!(missing.contains("error[HL0216]: there is no flow `identify` to run"), "{missing}");
    }

    #[test]
    fn a_number_leads_to_a_flow_that_runs_others_and_not_to_one_that_is_run() {
        let page = include_str!("../../docs/errors/HL0424.md");
        let block = |kind: &str| {
            let (_, rest) = page.split_once(&format!("```yaml {kind}\n")).unwrap();
            rest.split_once("```").unwrap().0
        };
        let files = [("shop.yaml", block("right")), ("identify.yaml", block("wrong"))];
        assert!(house("shop.yaml", &files).is_ok());
        let shown = house("identify.yaml", &files).unwrap_err();
        assert!(shown.starts_with("error[HL0424]"), "{shown}");
    }
}
