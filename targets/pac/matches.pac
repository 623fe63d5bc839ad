// "*end": any text that ends so. Else as many labels, a star in one being one or more characters.
function thruwayMatches(pattern, text) {
  var labels, own, i, star, tail;
  if (pattern.charAt(0) == "*") {
    tail = pattern.substring(1);
    return text.length >= tail.length && text.substring(text.length - tail.length) == tail;
  }
  labels = pattern.split(".");
  own = text.split(".");
  if (labels.length != own.length) {
    return false;
  }
  for (i = 0; i < labels.length; i++) {
    star = labels[i].indexOf("*");
    if (star < 0) {
      if (labels[i] != own[i]) {
        return false;
      }
    } else {
      tail = labels[i].substring(star + 1);
      if (own[i].length <= star + tail.length ||
          own[i].substring(0, star) != labels[i].substring(0, star) ||
          own[i].substring(own[i].length - tail.length) != tail) {
        return false;
      }
    }
  }
  return true;
}
