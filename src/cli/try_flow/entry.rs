//! A line being written at the terminal: a command behind `:`, with completion and the lines before it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::complete;
use crate::flow::model::Name;

/// The most lines that are remembered.
const MOST: usize = 100;

/// The lines of one call.
#[derive(Debug, Default)]
pub(super) struct Entry {
    text: String,
    before: Vec<String>,
    /// Which of those before is shown, counted from the newest; none while a new one is written.
    shown: Option<usize>,
}

/// What became of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The line goes on.
    More,
    /// There are several ways to go on.
    Choices(Vec<String>),
    Done(String),
    Given,
}

impl Entry {
    pub(super) fn begin(&mut self, text: &str) {
        self.text = text.to_owned();
        self.shown = None;
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key of the keyboard.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a keyboard has many keys, and they are not ours"
    )]
    pub(super) fn key(&mut self, key: &KeyEvent, steps: &[Name]) -> Written {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return self.give_up(),
            KeyCode::Char('c' | 'd') if control => return self.give_up(),
            KeyCode::Char('u') if control => self.text.clear(),
            KeyCode::Char(it) if !control => self.text.push(it),
            KeyCode::Backspace if self.text.is_empty() => return self.give_up(),
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Tab => {
                let (text, choices) = complete(&self.text, steps);
                self.text = text;
                if !choices.is_empty() {
                    return Written::Choices(choices);
                }
            }
            KeyCode::Up => self.go(self.shown.map_or(0, |it| it + 1)),
            KeyCode::Down => match self.shown {
                Some(0) | None => self.begin(""),
                Some(nth) => self.go(nth - 1),
            },
            KeyCode::Enter => {
                let line = std::mem::take(&mut self.text);
                if !line.is_empty() && self.before.last() != Some(&line) {
                    self.before.push(line.clone());
                    if self.before.len() > MOST {
                        self.before.remove(0);
                    }
                }
                self.shown = None;
                return Written::Done(line);
            }
            _ => {}
        }
        Written::More
    }

    fn give_up(&mut self) -> Written {
        self.begin("");
        Written::Given
    }

    fn go(&mut self, nth: usize) {
        if let Some(line) = self.before.iter().rev().nth(nth) {
            self.text.clone_from(line);
            self.shown = Some(nth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_completed_and_found_again() {
        let steps: Vec<Name> = ["main", "order"].map(Name::from).into();
        let mut entry = Entry::default();
        let mut press = |code| entry.key(&KeyEvent::new(code, KeyModifiers::NONE), &steps);
        for letter in "ju".chars() {
            assert_eq!(press(KeyCode::Char(letter)), Written::More);
        }
        press(KeyCode::Tab);
        press(KeyCode::Char('m'));
        press(KeyCode::Tab);
        assert_eq!(press(KeyCode::Enter), Written::Done("jump main".into()));
        press(KeyCode::Char('x'));
        assert_eq!(press(KeyCode::Backspace), Written::More);
        press(KeyCode::Up);
        assert_eq!(press(KeyCode::Enter), Written::Done("jump main".into()));
        press(KeyCode::Up);
        press(KeyCode::Down);
        assert_eq!(press(KeyCode::Backspace), Written::Given, "an empty line is given up");
        press(KeyCode::Char('h'));
        let choices = vec!["hang up".to_owned(), "help".to_owned()];
        assert_eq!(press(KeyCode::Tab), Written::Choices(choices));
        assert_eq!(press(KeyCode::Esc), Written::Given);
    }
}
