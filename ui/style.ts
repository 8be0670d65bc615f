/**
 * Styles that come with a part of the page when it is first wanted; the frame knows their names.
 *
 * @module
 */

/** Loads a module, and the style without which it is not shown. */
export async function withStyle<Module>(
  name: string,
  load: () => Promise<Module>,
): Promise<Module> {
  const [module] = await Promise.all([load(), styled(name)]);
  return module;
}

/** Resolves when a style is there. */
function styled(part: string): Promise<void> {
  const name = document.body.dataset[part], href = `/assets/${name}`;
  if (name === undefined || document.querySelector(`link[href="${href}"]`) !== null) {
    return Promise.resolve();
  }
  const link = document.createElement("link");
  return new Promise((done, failed) => {
    link.onload = () => done();
    link.onerror = (event) => {
      link.remove();
      failed(event);
    };
    link.rel = "stylesheet";
    link.href = href;
    document.head.append(link);
  });
}
