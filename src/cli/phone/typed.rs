//! What the user types while the call is up: single keys in a terminal, lines otherwise.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crossterm::event::{self, Event as Pressed, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use tokio::sync::mpsc;

use super::call::Event;
use super::dial::{self, Stroke};
use crate::secret::{Key, Secret};

/// Keys that wait to be looked at.
const TYPED: usize = 64;
/// A password longer than this is not typed by hand.
const LONGEST_PASSWORD: usize = 256;

/// The keyboard. A terminal is given back as it was when this is dropped.
pub(super) struct Keyboard {
    /// What was typed. Closed when there is no more to read.
    pub(super) typed: mpsc::Receiver<Event>,
    pub(super) is_raw: bool,
}

impl Keyboard {
    /// Begins to read. The reading thread ends with the process: nothing can wake it from its wait.
    pub(super) fn open() -> Self {
        let (to, typed) = mpsc::channel(TYPED);
        let is_raw = io::stdin().is_terminal() && terminal::enable_raw_mode().is_ok();
        std::thread::spawn(move || if is_raw { read_keys(&to) } else { read_lines(&to) });
        Self { typed, is_raw }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if self.is_raw {
            // A terminal that is gone needs nothing.
            let _ = terminal::disable_raw_mode();
        }
    }
}

fn read_keys(to: &mpsc::Sender<Event>) {
    while let Ok(pressed) = event::read() {
        let Pressed::Key(key) = pressed else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let Some(event) = meaning(key.code, is_control)
            && to.blocking_send(event).is_err()
        {
            return;
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a keyboard has many keys, and few mean anything here"
)]
fn meaning(code: KeyCode, is_control: bool) -> Option<Event> {
    match code {
        KeyCode::Char('c' | 'd') if is_control => Some(Event::HangUp),
        KeyCode::Esc | KeyCode::Char('q') => Some(Event::HangUp),
        KeyCode::Char('t') => Some(Event::Transfer),
        KeyCode::Char(',') => Some(Event::Key(Stroke::Pause)),
        KeyCode::Char(symbol) => Key::from_symbol(symbol).map(|key| Event::Key(Stroke::Key(key))),
        _ => None,
    }
}

fn read_lines(to: &mpsc::Sender<Event>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let events = match line.trim() {
            "q" => vec![Event::HangUp],
            "t" => vec![Event::Transfer],
            // What is no key is left out, as it is when it is typed into a terminal.
            line => dial::read(line).unwrap_or_default().into_iter().map(Event::Key).collect(),
        };
        for event in events {
            if to.blocking_send(event).is_err() {
                return;
            }
        }
    }
}

/// Asks for a password without showing it. Nothing where there is no terminal, or the user gave up.
pub(super) fn password(user: &str) -> Option<Secret<String>> {
    if !io::stdin().is_terminal() || terminal::enable_raw_mode().is_err() {
        return None;
    }
    let _ = write!(io::stderr(), "password of {user}: ");
    let typed = read_password();
    let _ = terminal::disable_raw_mode();
    let _ = writeln!(io::stderr());
    typed
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a keyboard has many keys, and few mean anything here"
)]
fn read_password() -> Option<Secret<String>> {
    let mut typed = String::new();
    loop {
        let Pressed::Key(key) = event::read().ok()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Some(Secret::new(typed)),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return None;
            }
            KeyCode::Esc => return None,
            KeyCode::Backspace => _ = typed.pop(),
            KeyCode::Char(symbol) if typed.len() < LONGEST_PASSWORD => typed.push(symbol),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminals_keys_are_the_telephones_and_three_more() {
        let seven = Key::from_symbol('7').unwrap();
        let key = |event| matches!(event, Some(Event::Key(Stroke::Key(key))) if key == seven);
        assert!(key(meaning(KeyCode::Char('7'), false)));
        assert!(matches!(meaning(KeyCode::Char(','), false), Some(Event::Key(Stroke::Pause))));
        assert!(matches!(meaning(KeyCode::Char('t'), false), Some(Event::Transfer)));
        for (code, is_control) in
            [(KeyCode::Char('q'), false), (KeyCode::Esc, false), (KeyCode::Char('c'), true)]
        {
            assert!(matches!(meaning(code, is_control), Some(Event::HangUp)), "{code:?}");
        }
        assert!(meaning(KeyCode::Enter, false).is_none());
    }
}
