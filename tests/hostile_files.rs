//! No file, whatever stands in it, takes more memory to read and check than it deserves.

mod hostile;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most that reading and checking a file of 1 MiB may take.
const MOST: f32 = 64.0;

/// One after the other in one test: what is measured is the whole process.
#[test]
fn no_file_of_one_megabyte_takes_more_than_sixty_four_to_read() {
    let mut greedy = Vec::new();
    for it in hostile::all() {
        let before = MEMORY.current_usage_as_mb();
        MEMORY.reset_peak_usage();
        hostile::read(&it);
        let took = MEMORY.peak_usage_as_mb() - before;
        if took > MOST {
            greedy.push((it.0, it.1, took));
        }
    }
    assert!(greedy.is_empty(), "more than {MOST} MiB: {greedy:?}");
}
