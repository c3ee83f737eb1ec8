/** Light, dark, or as the system has it. Nothing is kept: the page stores nothing. */
(() => {
  const button = document.querySelector('#theme');
  const themes = ['auto', 'light', 'dark'];
  let at = 0;
  document.documentElement.classList.add('scripted');
  button.hidden = false;
  button.addEventListener('click', () => {
    at = (at + 1) % themes.length;
    button.textContent = `Theme: ${themes[at]}`;
    if (at === 0) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = themes[at];
  });
})();
