// What looks after trust roots is a module of its own, which is loaded when there is something to do.
import prepare, * as roots from "./wasm/roots.js";

let prepared;

export default async (call, ...told) => {
  // Once: two that load at the same time would get into each other's way.
  prepared ??= prepare();
  await prepared;
  return roots[call](...told);
};
