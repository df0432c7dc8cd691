"""Arrays become batches: one normalisation for training and for reading, augmentation, batches."""
