import { watchParent } from "../network/watch-parent.ts";

/** Says when it watches; ends by itself, with a word, once the process that started it has ended. */
const keepAlive = setInterval(() => undefined, 60_000);
watchParent(() => {
  clearInterval(keepAlive);
  console.log("alone");
});
console.log("watching");
