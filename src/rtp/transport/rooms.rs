//! Rooms: more than two legs that hear each other.
//!
//! All legs of a room live on one thread. In its slot each leg sends the sum of what the others said last, and then takes
//! the next 20 ms of what its own party says out of its jitter buffer. Every leg has one slot in 20 ms, so everybody hears
//! each block of everybody else once, at most 20 ms late. A packet costs no allocation and no lock here either: all
//! there is was made by whoever asked for the room.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::api::LegId;
use super::leg::Leg;
use crate::audio::FRAME;
use crate::audio::mix::Bus;
use crate::audio::plc::Concealer;
use crate::rtp::jitter::{Block, Jitter};

/// The most legs of one room: the caller and those who can be called at a time.
pub(super) const ROOM: usize = 8;

/// A leg's part in a room.
#[derive(Debug)]
pub(super) struct Voice {
    /// Called after the leg that it was made for.
    room: LegId,
    jitter: Jitter,
    concealer: Concealer,
    /// What the party said last.
    said: [i16; FRAME],
    /// What the party hears next.
    pub(super) heard: [i16; FRAME],
}

impl Voice {
    /// Made outside of the threads.
    pub(super) fn boxed(room: LegId) -> Box<Self> {
        Box::new(Self {
            room,
            jitter: Jitter::default(),
            concealer: Concealer::default(),
            said: [0; FRAME],
            heard: [0; FRAME],
        })
    }

    /// The party says something.
    pub(super) fn hear(&mut self, timestamp: u32, samples: &[i16]) {
        self.jitter.push(timestamp, samples);
    }

    /// Takes the next 20 ms of it.
    pub(super) fn tick(&mut self) {
        match self.jitter.pull(&mut self.said) {
            Block::Heard => self.concealer.heard(&mut self.said),
            Block::Lost => self.concealer.lost(&mut self.said),
            Block::Idle => self.said.fill(0),
        }
    }
}

/// The rooms of one thread: who is in each, by their places.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    members: HashMap<LegId, SmallVec<[usize; ROOM]>>,
    bus: Bus,
}

impl Rooms {
    /// A leg comes in. One too many stays outside: it hears silence, and nobody hears it.
    pub(super) fn enter(&mut self, place: usize, leg: &mut Leg, voice: Box<Voice>) {
        let members = self.members.entry(voice.room).or_default();
        if members.len() < ROOM && !members.contains(&place) {
            members.push(place);
        }
        leg.voice = Some(voice);
    }

    /// A leg goes out, if it is in one.
    pub(super) fn leave(&mut self, place: usize, leg: &mut Leg) {
        let Some(voice) = leg.voice.take() else { return };
        let Some(members) = self.members.get_mut(&voice.room) else { return };
        members.retain(|it| *it != place);
        if members.is_empty() {
            self.members.remove(&voice.room);
        }
    }

    /// Makes ready what the leg at `place` hears in its slot.
    pub(super) fn mix(&mut self, place: usize, legs: &mut slab::Slab<Box<Leg>>) {
        let room = legs.get(place).and_then(|leg| leg.voice.as_ref()).map(|it| it.room);
        let Some(members) = room.and_then(|room| self.members.get(&room)) else { return };
        self.bus.clear();
        for other in members.iter().filter(|it| **it != place) {
            if let Some(voice) = legs.get(*other).and_then(|leg| leg.voice.as_ref()) {
                self.bus.add(&voice.said);
            }
        }
        if let Some(voice) = legs.get_mut(place).and_then(|leg| leg.voice.as_mut()) {
            self.bus.all(&mut voice.heard);
        }
    }
}
