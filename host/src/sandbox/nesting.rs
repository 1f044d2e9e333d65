//! How deep a function's blocks and loops lie in one another. Compilers are not linear in it: seen, 10,000 loops in one
//! another, 60 KB of them, took half a minute.

use wasmparser::{FunctionBody, Operator};

/// The deepest places, over all functions so far.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    pub(super) blocks: usize,
    pub(super) loops: usize,
}

impl Nesting {
    /// Looks through one function. Where it cannot be read it is not valid, which is told later.
    pub(super) fn look(&mut self, body: &FunctionBody<'_>) -> wasmparser::Result<()> {
        // Of every block that is open, whether it is a loop: one or none.
        let mut open: Vec<usize> = Vec::new();
        let mut loops = 0;
        for operator in body.get_operators_reader()? {
            match operator {
                Ok(Operator::Block { .. } | Operator::If { .. }) => open.push(0),
                Ok(Operator::Loop { .. }) => {
                    open.push(1);
                    loops += 1;
                }
                Ok(Operator::End) => loops -= open.pop().unwrap_or_default(),
                Ok(_) => {}
                Err(_) => break,
            }
            self.blocks = self.blocks.max(open.len());
            self.loops = self.loops.max(loops);
        }
        Ok(())
    }
}
