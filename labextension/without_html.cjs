/** A loader: Preact without its one way to parse HTML. */
module.exports = source => source.replaceAll(/\binnerHTML\b/g, 'textContent');
