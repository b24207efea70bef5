//! What the checks want to know about words, out of the catalogues.

use crate::flow::{PromptFacts, Prompts, Slot};
use crate::speech::{self, Catalogues};
use crate::value::Type;

/// The catalogues as the checks see them.
pub(crate) struct Words<'a>(pub(crate) &'a Catalogues);

impl Prompts for Words<'_> {
    fn prompt(&self, lang: &str, name: &str) -> Option<PromptFacts<'_>> {
        let prompt = self.0.get(lang)?.prompt(name)?;
        let slots = prompt.placeholders().map(|it| Slot {
            path: it.path.clone(),
            kind: it.kind.clone(),
            unit: it.unit.clone(),
        });
        Some(PromptFacts {
            text: &prompt.text.value,
            span: prompt.text.span,
            length: prompt.length,
            slots: slots.collect(),
        })
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.0.values().flat_map(|it| it.prompts()).map(|it| &*it.name.value).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_recorded(&self, lang: &str, word: &str) -> bool {
        self.0.get(lang).is_some_and(|it| it.word(word).is_some())
    }

    fn units(&self, lang: &str) -> Vec<&str> {
        self.0.get(lang).into_iter().flat_map(|it| it.units()).collect()
    }

    fn readable_as(&self, from: &Type, wanted: &Type) -> bool {
        speech::readable_as(from, wanted)
    }
}
