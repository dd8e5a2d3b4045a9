// Loads the pages' wasm and starts it. Everything else is decided in there.
import init, { start } from "./wasm/pages.js";

globalThis.assay = {
  async roots(...told) {
    const { default: roots } = await import("./roots.js");
    return roots(...told);
  },
  // The list is large, and is loaded when a rule is made.
  async isPublicSuffix(host) {
    const suffixes = await import("./wasm/suffixes.js");
    await suffixes.default();
    return suffixes.is_public_suffix(host);
  },
};

await init();
await start();
