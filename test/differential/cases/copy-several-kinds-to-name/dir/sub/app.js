js;
