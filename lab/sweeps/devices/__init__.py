"""Where lanes run: meshes and places, cores, memory, precision, widths, options of the compiler."""
