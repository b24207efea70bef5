//! How many keys an `ask` takes, where its flow does not say.

use super::model::Ask;
use crate::value::Type;

impl Ask {
    /// The fewest and the most keys, without the end key: `length`, else what its patterns, its check or its type need.
    #[must_use]
    pub fn digits(&self) -> (u8, u8) {
        self.length.map_or_else(|| self.digits_by_kind(), |it| it.value)
    }

    /// Whether every value has the same number of keys, so that the last one ends it.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        let (least, most) = self.digits();
        least == most
    }

    fn digits_by_kind(&self) -> (u8, u8) {
        let patterns = || self.tests.matches.iter().map(|it| it.value.figures());
        if let (Some(least), Some(most)) = (patterns().min(), patterns().max()) {
            return (least, most);
        }
        let least = self.tests.check.map_or(1, |it| it.value.least());
        match &self.kind.value {
            Type::Date => (4, 8),
            Type::Time => (1, 4),
            Type::DateTime => (12, 12),
            Type::YesNo => (1, 1),
            Type::Phone => (2, 32),
            Type::Number | Type::Money | Type::Percent | Type::Duration => (1, 15),
            // Nine words need one key, which then ends the entry at once.
            Type::Choice(words) => (1, words.len().checked_ilog10().map_or(1, |it| it as u8 + 1)),
            Type::Text | Type::Digits | Type::Secret | Type::Recording => (least, 32),
        }
    }
}
