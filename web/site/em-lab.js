// The crate, compiled to WebAssembly, for the pages; web/src/lib.rs is the other side.
"use strict";

const EmLab = (() => {
  const files = {};
  let wasm = null;

  function decode(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  // The files come as scripts, because a page that is opened from a folder may not fetch anything else.
  function script(name) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = `assets/${name}.js`;
      element.onload = resolve;
      element.onerror = () => reject(new Error(`The file ${element.src} is missing. Build the site again with scripts/web.`));
      document.head.append(element);
    });
  }

  async function file(name) {
    if (!(name in files)) await script(name);
    if (!(name in files)) throw new Error(`The file assets/${name}.js is damaged. Build the site again with scripts/web.`);
    try {
      return decode(files[name]);
    } catch {
      throw new Error(`The file assets/${name}.js is damaged. Build the site again with scripts/web.`);
    }
  }

  async function load() {
    if (typeof WebAssembly !== "object") {
      throw new Error("This browser does not run WebAssembly, which the page needs. A newer browser does.");
    }
    const bytes = await file("em_lab.wasm");
    try {
      wasm = (await WebAssembly.instantiate(bytes, {})).instance.exports;
    } catch {
      throw new Error("The file assets/em_lab.wasm.js is damaged. Build the site again with scripts/web.");
    }
  }

  // Calls a function of the crate with bytes or numbers to read, and with arguments; returns its numbers or throws its sentence.
  function call(name, read, ...numbers) {
    const bytes = read instanceof Uint8Array ? read : new Uint8Array(Float64Array.from(read).buffer);
    try {
      const at = wasm.input(bytes.length);
      new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
      const failed = wasm[name](...numbers);
      const start = wasm.output();
      const answer = wasm.memory.buffer.slice(start, start + wasm.output_length());
      if (!failed) return new Float64Array(answer);
      throw new Error(new TextDecoder().decode(answer));
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      throw new Error("The page's program has stopped. Reload the page to go on.");
    }
  }

  return { load, call, file, provide: (name, base64) => { files[name] = base64; } };
})();
