//! What a scenario tells: a line a figure, expected and found.

use crate::commands::output::Output;
use crate::exit::{Exit, Failure, Outcome};
use anyhow::anyhow;
use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    what: String,
    expected: String,
    found: String,
}

/// One step of the story.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    number: usize,
    /// The node that it went through.
    node: usize,
    story: String,
    figures: Vec<Figure>,
}

/// The whole story.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

impl Report {
    /// Begin a step.
    pub(crate) fn begin(&mut self, node: usize, story: &str) {
        let number = self.steps.len() + 1;
        eprintln!("\n{number}. (node {node}) {story}");
        self.steps.push(Step { number, node, story: story.to_owned(), figures: Vec::new() });
    }

    /// Tell a figure of this step.
    ///
    /// # Errors
    /// If it is not the expected one: the story ends there.
    pub(crate) fn figure(
        &mut self,
        what: &str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Outcome {
        let (expected, found) = (expected.to_string(), found.to_string());
        let equal = expected == found;
        let mark = if equal { "ok " } else { "NOT" };
        eprintln!("   {mark} {what}: expected {expected}, found {found}");
        let figure = Figure { what: what.to_owned(), expected, found };
        let error = anyhow!("{what}: expected {}, found {}", figure.expected, figure.found);
        if let Some(step) = self.steps.last_mut() {
            step.figures.push(figure);
        }
        if equal { Ok(()) } else { Err(Failure { exit: Exit::Rejected, error }) }
    }

    /// Print the story's end.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(crate) fn finish(&self, output: Output) -> Outcome {
        output.print(self, |report| {
            let figures: usize = report.steps.iter().map(|step| step.figures.len()).sum();
            format!("{} steps, {figures} figures, all as expected", report.steps.len())
        })?;
        Ok(())
    }
}
