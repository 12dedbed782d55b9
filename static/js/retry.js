// Counts down to the refresh that the page's <meta> makes; without this file it comes all the same.
const timer = document.querySelector("[role=timer]");
let left = parseInt(timer.textContent, 10);
setInterval(() => {
  left = Math.max(0, left - 1);
  timer.textContent = `${left} s`;
}, 1000);
