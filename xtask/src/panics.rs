//! Cuts short what leads to panics in libraries.
//!
//! Their places name nothing any more (`unreached`), so all that such a panic tells is its message:
//! an index out of bounds, somewhere. The program stops all the same, at once, where it would have
//! gathered what to tell first; and the browser says where it stopped. There are thousands of such
//! places, a fiftieth of the program.

use std::collections::BTreeSet;

use walrus::ir::{Call, Const, Instr, InstrSeq, Value, VisitorMut, dfs_pre_order_mut};
use walrus::{ConstExpr, DataKind, FunctionId, Module};

/// The addresses at which these places of each data segment are in memory.
pub fn addresses(module: &Module, places: &[Vec<usize>]) -> BTreeSet<i32> {
    let mut addresses = BTreeSet::new();
    for (data, places) in module.data.iter().zip(places) {
        let DataKind::Active { offset, .. } = &data.kind else {
            continue;
        };
        let ConstExpr::Value(Value::I32(start)) = offset else {
            continue;
        };
        let at = |place: &usize| i32::try_from(*place).ok().map(|place| start + place);
        addresses.extend(places.iter().filter_map(at));
    }
    addresses
}

/// Stops at once wherever a function that does not return would be told one of these places. Says how
/// many there were.
pub fn cut_short(module: &mut Module, places: &BTreeSet<i32>) -> usize {
    let arguments: std::collections::HashMap<FunctionId, usize> = module
        .funcs
        .iter()
        .map(|function| {
            let params = module.types.get(function.ty()).params();
            (function.id(), params.len())
        })
        .collect();
    let mut cutting = Cutting {
        places,
        arguments,
        cut: 0,
    };
    for (_, function) in module.funcs.iter_local_mut() {
        let start = function.entry_block();
        dfs_pre_order_mut(&mut cutting, function, start);
    }
    cutting.cut
}

struct Cutting<'a> {
    places: &'a BTreeSet<i32>,
    /// How many each function takes.
    arguments: std::collections::HashMap<FunctionId, usize>,
    cut: usize,
}

impl VisitorMut for Cutting<'_> {
    fn start_instr_seq_mut(&mut self, seq: &mut InstrSeq) {
        let mut at = 0;
        while at + 2 < seq.instrs.len() {
            match self.panic_at(&seq.instrs[..], at) {
                Some(start) => {
                    // What stops stays.
                    seq.instrs.drain(start..at + 2);
                    self.cut += 1;
                    at = start;
                }
                None => at += 1,
            }
        }
    }
}

impl Cutting<'_> {
    /// Where the arguments of a panic begin whose last one, the place, is here.
    fn panic_at(&self, instrs: &[(Instr, walrus::ir::InstrLocId)], at: usize) -> Option<usize> {
        let [(place, _), (call, _), (stop, _)] = instrs.get(at..at + 3)? else {
            return None;
        };
        let Instr::Const(Const {
            value: Value::I32(address),
        }) = place
        else {
            return None;
        };
        let (Instr::Call(Call { func }), Instr::Unreachable(_)) = (call, stop) else {
            return None;
        };
        if !self.places.contains(address) {
            return None;
        }
        let start = at.checked_sub(self.arguments.get(func)?.checked_sub(1)?)?;
        let is_plain = |instr: &(Instr, _)| {
            matches!(
                instr.0,
                Instr::Const(_) | Instr::LocalGet(_) | Instr::GlobalGet(_)
            )
        };
        instrs[start..at].iter().all(is_plain).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, ValType};

    #[test]
    fn a_panic_in_a_library_stops_at_once_and_one_of_this_project_says_where() {
        let mut module = Module::default();
        let mut told = FunctionBuilder::new(&mut module.types, &[ValType::I32; 3], &[]);
        told.func_body().unreachable();
        let args = (0..3).map(|_| module.locals.add(ValType::I32)).collect();
        let told = told.finish(args, &mut module.funcs);
        let index = module.locals.add(ValType::I32);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        for place in [7, 8] {
            function.func_body().block(None, |body| {
                body.local_get(index).i32_const(5).i32_const(place);
                body.call(told).unreachable();
            });
        }
        let function = function.finish(vec![index], &mut module.funcs);
        assert_eq!(cut_short(&mut module, &BTreeSet::from([7])), 1);
        let local = module.funcs.get(function).kind.unwrap_local();
        let blocks = local.block(local.entry_block());
        let lengths: Vec<usize> = blocks
            .instrs
            .iter()
            .map(|(instr, _)| match instr {
                Instr::Block(block) => local.block(block.seq).instrs.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(lengths, [1, 5]);
    }
}
