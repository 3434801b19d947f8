"""From what a sweep is asked for to jobs of lanes: checked, priced, sized, identified."""
