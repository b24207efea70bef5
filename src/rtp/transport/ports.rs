//! Port pairs: RTP on the even one, RTCP on the odd one above it (RFC 3550 11).

use std::collections::VecDeque;
use std::io;
use std::ops::RangeInclusive;

/// Ports tried for one leg before the range counts as used up: others on the machine may hold some of them.
const TRIES: usize = 64;

/// The even ports of a range that are free. Taken from the front and given back at the end, so that a packet that is
/// still under way to a closed leg does not meet the next one.
#[derive(Debug)]
pub(super) struct Ports {
    free: VecDeque<u16>,
    /// From each pacer thread, the ports of the legs that it has closed. Each ring holds a whole range.
    returned: Vec<rtrb::Consumer<u16>>,
}

impl Ports {
    /// Every even port of `range` whose odd neighbour is in it as well.
    pub(super) fn new(range: &RangeInclusive<u16>) -> Self {
        let free = range.clone().filter(|it| it % 2 == 0 && it < range.end()).collect();
        Self { free, returned: Vec::new() }
    }

    /// Pairs in the whole range.
    pub(super) fn len(&self) -> usize {
        self.free.len()
    }

    /// A ring through which a thread gives ports back.
    pub(super) fn give_back_by(&mut self, ring: rtrb::Consumer<u16>) {
        self.returned.push(ring);
    }

    /// Takes the port that was free for longest and that `bind` succeeds on. A port that somebody else holds goes to the
    /// end; any other error, such as too many open files, is the same on all of them and ends it.
    pub(super) fn take<T>(
        &mut self,
        mut bind: impl FnMut(u16) -> io::Result<T>,
    ) -> io::Result<Option<(u16, T)>> {
        for ring in &mut self.returned {
            while let Ok(port) = ring.pop() {
                self.free.push_back(port);
            }
        }
        for _ in 0..TRIES.min(self.free.len()) {
            let Some(port) = self.free.pop_front() else { break };
            match bind(port) {
                Ok(bound) => return Ok(Some((port, bound))),
                Err(error) => {
                    self.free.push_back(port);
                    if error.kind() != io::ErrorKind::AddrInUse {
                        return Err(error);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Puts back a port that was taken and not used.
    pub(super) fn put_back(&mut self, port: u16) {
        self.free.push_back(port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(ports: &mut Ports, used: &[u16]) -> Option<u16> {
        let bind =
            |port| if used.contains(&port) { Err(io::ErrorKind::AddrInUse.into()) } else { Ok(()) };
        ports.take(bind).unwrap().map(|(port, ())| port)
    }

    #[test]
    fn pairs_are_even_and_used_again_as_late_as_possible() {
        let mut ports = Ports::new(&(20_001..=20_008));
        let (mut thread, ring) = rtrb::RingBuffer::new(8);
        ports.give_back_by(ring);
        assert_eq!(ports.len(), 3); // 20008 has no odd neighbour
        assert_eq!(take(&mut ports, &[]), Some(20_002));
        thread.push(20_002).unwrap();
        let taken = [
            take(&mut ports, &[]),
            take(&mut ports, &[]),
            take(&mut ports, &[]),
            take(&mut ports, &[]),
        ];
        assert_eq!(taken, [Some(20_004), Some(20_006), Some(20_002), None]);
    }

    #[test]
    fn ports_of_others_are_passed_by_and_real_trouble_is_told() {
        let mut ports = Ports::new(&(20_000..=20_005));
        assert_eq!(take(&mut ports, &[20_000, 20_002]), Some(20_004));
        assert_eq!(take(&mut ports, &[20_000, 20_002]), None);
        let error = ports.take::<()>(|_| Err(io::ErrorKind::OutOfMemory.into())).unwrap_err();
        assert_eq!((error.kind(), ports.len()), (io::ErrorKind::OutOfMemory, 2));
    }
}
