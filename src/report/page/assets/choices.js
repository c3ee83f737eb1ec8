/** Which of several figures is shown: one map of an image and a way of laying it out, one way for the common scale. */
(() => {
  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
  const showMap = () => {
    const [image, group] = [chosen('map-image') ?? '0', chosen('map-group')];
    for (const map of document.querySelectorAll('figure.map'))
      map.hidden = map.dataset.image !== image || map.dataset.group !== group;
  };
  const showScale = () => {
    for (const figure of document.querySelectorAll('figure.scale'))
      figure.hidden = figure.dataset.group !== chosen('scale-group');
  };
  document.addEventListener('change', ({ target }) => {
    if (target.name?.startsWith('map-')) showMap();
    if (target.name === 'scale-group') showScale();
  });
  // A browser may have kept the choices of the last visit.
  if (document.querySelector('figure.map')) showMap();
  if (document.querySelector('figure.scale')) showScale();
})();
