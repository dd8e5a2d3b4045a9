//! A histogram in the text format of Prometheus.

use std::fmt::Write as _;

/// How many values were at most so large, for some bounds.
#[derive(Debug)]
pub struct Histogram {
    /// The classes' upper bounds, the smallest first.
    bounds: &'static [f64],
    /// How many values are at most the bound, of each.
    classes: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Histogram {
    /// An empty one with these bounds, the smallest first.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            classes: vec![0; bounds.len()],
            count: 0,
            sum: 0.0,
        }
    }

    /// Counts a value.
    pub fn count(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        for (class, bound) in self.classes.iter_mut().zip(self.bounds) {
            if value <= *bound {
                *class += 1;
            }
        }
    }

    /// Writes it as `name`, with these labels, if any.
    ///
    /// # Errors
    /// When the text cannot be written to.
    pub fn write(&self, text: &mut String, name: &str, labels: &str) -> std::fmt::Result {
        let (all, comma) = match labels {
            "" => (String::new(), ""),
            labels => (format!("{{{labels}}}"), ","),
        };
        for (bound, count) in self.bounds.iter().zip(&self.classes) {
            writeln!(
                text,
                "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}"
            )?;
        }
        let (count, sum) = (self.count, self.sum);
        writeln!(text, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}")?;
        writeln!(text, "{name}_sum{all} {sum}")?;
        writeln!(text, "{name}_count{all} {count}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_in_every_class_that_holds_it() {
        let mut histogram = Histogram::new(&[1.0, 4.0]);
        for value in [1.0, 2.0, 9.0] {
            histogram.count(value);
        }
        let mut text = String::new();
        histogram.write(&mut text, "entries", "").unwrap();
        let expected = [
            "entries_bucket{le=\"1\"} 1",
            "entries_bucket{le=\"4\"} 2",
            "entries_bucket{le=\"+Inf\"} 3",
            "entries_sum 12",
            "entries_count 3",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
