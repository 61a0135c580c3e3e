/** `npm run setup`: by now everything that was missing is installed. It starts nothing, for machines that only lend a disk. */
console.log('Commonhold is installed. Type next, in this folder: "npx commonhold --help"');
