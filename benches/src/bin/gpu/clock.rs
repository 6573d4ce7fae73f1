//! Time: how a report's minutes are divided among its sections, and when a section stops.

use std::time::{Duration, Instant};

/// What is left when every section is cut is for starting processes and writing the report.
const RESERVE: Duration = Duration::from_secs(6);

/// The longest that a section may take: its share, by weight, of what is left, so that what a section leaves goes to
/// those behind it and all together never take more. `weights` are those of this section and of all behind it.
pub fn share(left: Duration, weights: &[u32]) -> Duration {
    let all: u32 = weights.iter().sum();
    let own = weights.first().copied().unwrap_or(0);
    let left = left.saturating_sub(RESERVE.min(left / 10));
    left.mul_f64(f64::from(own) / f64::from(all.max(1)))
}

/// How long before it is killed a section is asked to begin no other case.
pub fn grace(limit: Duration) -> Duration {
    (limit / 6).min(Duration::from_secs(8))
}

/// The end of a section's time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    until: Instant,
}

impl Clock {
    /// From now on. `seconds` that are not a time are none.
    pub fn lasting(seconds: f64) -> Clock {
        let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let now = Instant::now();
        Clock {
            until: now.checked_add(time).unwrap_or(now),
        }
    }

    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_less_than_the_whole() {
        let weights = [150, 80, 60, 100, 10, 55, 50, 25];
        for minutes in [0.05, 0.5, 9.0] {
            let whole = Duration::from_secs_f64(60.0 * minutes);
            let mut left = whole;
            for at in 0..weights.len() {
                let limit = share(left, &weights[at..]);
                assert!(grace(limit) < limit);
                left -= limit;
            }
            assert!(left > Duration::ZERO, "{minutes}: nothing is left");
            // what one leaves is there for the next
            assert!(share(whole, &weights[1..]) > share(whole, &weights).mul_f64(80.0 / 150.0));
        }
    }

    #[test]
    fn times_that_are_none() {
        for seconds in [f64::NAN, -1.0, f64::INFINITY, 0.0] {
            assert!(Clock::lasting(seconds).is_over(), "{seconds}");
        }
    }
}
